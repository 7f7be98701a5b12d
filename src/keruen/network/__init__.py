"""One scenario of one year as arrays: layers, arcs, costs, routes."""

from keruen.network.carriage import Carriage, carriage
from keruen.network.checking import check
from keruen.network.components import ACTIVITIES
from keruen.network.costs import ArcCosts, arc_costs
from keruen.network.routes import Route, Router
from keruen.network.supernetwork import Layer, Supernetwork, supernetwork

__all__ = [
    "ACTIVITIES",
    "ArcCosts",
    "Carriage",
    "Layer",
    "Route",
    "Router",
    "Supernetwork",
    "arc_costs",
    "carriage",
    "check",
    "supernetwork",
]
