"""How the days really go: an event engine, replications, statistics."""

from keruen.simulation.compare import Paired, compare_designs, compare_formula, relief
from keruen.simulation.corridor import Corridor, Place, Section, single_track_pairs
from keruen.simulation.corridor_run import CorridorRun, simulate_corridor
from keruen.simulation.simulate import Simulation, simulate
from keruen.simulation.statistics import Estimate, estimate, mser

__all__ = [
    "Corridor",
    "CorridorRun",
    "Estimate",
    "Paired",
    "Place",
    "Section",
    "Simulation",
    "compare_designs",
    "compare_formula",
    "estimate",
    "mser",
    "relief",
    "simulate",
    "simulate_corridor",
    "single_track_pairs",
]
