"""Local search over plans too many to list: the best single move until none helps."""

from __future__ import annotations

from collections.abc import Iterator

from keruen.portfolio.programme.timetable import Plan, Timetable, Value

__all__ = ["climbed", "moves"]


def moves(timetable: Timetable, plan: Plan) -> Iterator[Plan]:
    """Plans one move away: an add, a drop, a shift to another option, or a swap of two candidates."""
    outside = [number for number, taken in enumerate(plan) if not taken]
    inside = [number for number, taken in enumerate(plan) if taken]
    for number in outside:
        for option in range(len(timetable.options[number])):
            yield _with(plan, {number: option + 1})
            for gone in inside:
                yield _with(plan, {number: option + 1, gone: 0})
    for number in inside:
        for option in range(len(timetable.options[number]) + 1):
            if option != plan[number]:
                yield _with(plan, {number: option})


def climbed(timetable: Timetable, plan: Plan, value: Value) -> Plan:
    """Return the plan at which no move that keeps the rules is worth more."""
    worth = timetable.npv(plan, value)
    while True:
        better = max(
            ((timetable.npv(other, value), other) for other in moves(timetable, plan) if not timetable.broken(other)),
            default=(worth, plan),
        )
        if better[0] <= worth + 1e-9 * max(1.0, abs(worth)):
            return plan
        worth, plan = better


def _with(plan: Plan, changed: dict[int, int]) -> Plan:
    return tuple(changed.get(number, taken) for number, taken in enumerate(plan))
