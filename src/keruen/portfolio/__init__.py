"""Which projects to build, and when: the best set on a congested network, with a proven bound."""

from keruen.portfolio.choosing import choose
from keruen.portfolio.plan import Plan, Rejected
from keruen.portfolio.problem import DesignProblem, Limit, Period, Project, Rules
from keruen.portfolio.tree import Progress

__all__ = ["DesignProblem", "Limit", "Period", "Plan", "Progress", "Project", "Rejected", "Rules", "choose"]
