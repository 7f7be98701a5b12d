"""How the days really go: an event engine, replications, statistics."""

from keruen.simulation.simulate import Simulation, simulate
from keruen.simulation.statistics import Estimate, estimate, mser

__all__ = ["Estimate", "Simulation", "estimate", "mser", "simulate"]
