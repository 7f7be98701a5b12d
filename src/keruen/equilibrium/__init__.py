"""How freight spreads over routes: multi-class user equilibrium, elastic and stochastic demand."""

from keruen.equilibrium.engine import Step
from keruen.equilibrium.flows import Flows
from keruen.equilibrium.problem import DemandClass, Problem
from keruen.equilibrium.routes import Route
from keruen.equilibrium.solving import SMALLEST_GAP, solve

__all__ = ["SMALLEST_GAP", "DemandClass", "Flows", "Problem", "Route", "Step", "solve"]
