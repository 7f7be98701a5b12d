"""Why no plan meets the rules: the first cause that can be named."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from keruen.portfolio.domains import Domains
from keruen.portfolio.problem import DesignProblem, Project

__all__ = ["contradiction"]


def contradiction(design: DesignProblem, domains: Domains) -> str:
    """Return what makes the rules impossible, in words.

    Parameters
    ----------
    design : DesignProblem
        Projects.
    domains : Domains
        Rules that no plan meets.

    Returns
    -------
    str
        Projects are named where a required one is at fault by itself, a budget where required projects together pass it.
    """
    required = [one for one in design.projects if one.name in domains.rules.required]
    found = [cause for one in required for cause in _by_itself(one, domains)] or list(_by_money(design, domains))
    most = domains.rules.most_at_once
    if not found and most is not None and len(required) > most * domains.never:
        found = [
            f"{len(required)} projects are required, but at most {most} may open in each of {domains.never} periods"
        ]
    return "; ".join(found) or "required projects, prerequisites, groups and budgets contradict"


def _by_itself(one: Project, domains: Domains) -> Iterator[str]:
    """Yield why a required project can open in no period, money aside."""
    rules, finished = domains.rules, len(one.spending) - 1
    barred = sorted(set(one.parties) - set(rules.parties)) if rules.parties is not None else []
    if barred:
        yield f"{one.name} is required, but {', '.join(barred)} may not take part"
    if finished >= domains.never:
        yield f"{one.name} is required, but takes {finished + 1} periods of {domains.never} to build"
        return
    earliest, latest = max(rules.earliest.get(one.name, 0), finished), rules.latest.get(one.name, domains.never - 1)
    if earliest > latest:
        yield f"{one.name} is required, but may open in period {earliest} at the earliest and {latest} at the latest"


def _by_money(design: DesignProblem, domains: Domains) -> Iterator[str]:
    """Yield the budgets that required projects pass, each at the time that spends least of it."""
    names = ["the budget", *(f"the budget of {limit.name}" for limit in domains.rules.limits)]
    required = [at for at, name in enumerate(domains.names) if name in domains.rules.required]
    for name, (spent, allowed) in zip(names, domains.rows, strict=True):
        least = np.array([spent[at, : domains.never, -1].min() for at in required])
        dear = [design.names[at] for at, cost in zip(required, least, strict=True) if cost > allowed[-1]]
        if dear:
            yield f"{', '.join(dear)}: required, but dearer than {name}"
        elif least.sum() > allowed[-1]:
            yield f"required projects cost {least.sum():g}, more than {name}, {allowed[-1]:g}"
