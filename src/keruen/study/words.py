"""Values of the tables that more than one floor knows by name."""

__all__ = ["AFLOAT"]

AFLOAT = ("sea", "ferry")
"""Modes whose movement is counted as sea. Links afloat name their service, so freight may use several at one port;
ashore it uses one."""
