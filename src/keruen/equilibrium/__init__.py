"""How freight spreads over routes: multi-class user equilibrium."""
