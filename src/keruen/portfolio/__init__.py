"""Which projects to build, and when: the best set on a congested network, with a proven bound."""

from keruen.portfolio.choosing import choose
from keruen.portfolio.climbing import Local
from keruen.portfolio.curve import BudgetCurve, budget_curve, interactions, robustness
from keruen.portfolio.plan import Plan, Rejected
from keruen.portfolio.problem import DesignProblem, Limit, Period, Project, Rules
from keruen.portfolio.tree import Progress

__all__ = [
    "BudgetCurve",
    "DesignProblem",
    "Limit",
    "Local",
    "Period",
    "Plan",
    "Progress",
    "Project",
    "Rejected",
    "Rules",
    "budget_curve",
    "choose",
    "interactions",
    "robustness",
]
