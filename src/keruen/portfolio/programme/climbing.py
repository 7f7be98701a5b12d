"""Plans without a list of all: the one that ranking gives, and those one move away from another."""

from __future__ import annotations

from collections.abc import Iterator

from keruen.portfolio.programme.timetable import Plan, Timetable

__all__ = ["moves", "ranked"]


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


def ranked(timetable: Timetable) -> Plan:
    """Return what ranking by benefit over cost builds.

    Projects whose benefits exceed their cost are taken, the highest ratio first, each at its first option that the rules
    allow; one that waits for another is taken as soon as that is. Projects that must be built come first.
    """
    candidates = timetable.candidates
    plan: Plan = tuple(int(one.project in timetable.terms.must) for one in candidates)
    order = sorted(range(len(plan)), key=lambda number: -candidates[number].bcr)
    order = [number for number in order if candidates[number].bcr >= 1]
    while (longer := next((p for number in order if (p := _joined(timetable, plan, number))), None)) is not None:
        plan = longer
    return (0,) * len(plan) if timetable.broken(plan) else plan


def _joined(timetable: Timetable, plan: Plan, number: int) -> Plan | None:
    """A plan with one more candidate; none where it is in the plan or no option keeps the rules."""
    for option in range(1, len(timetable.options[number]) + 1) if not plan[number] else ():
        other = _with(plan, {number: option})
        if not timetable.broken(other):
            return other
    return None


def _with(plan: Plan, changed: dict[int, int]) -> Plan:
    return tuple(changed.get(number, taken) for number, taken in enumerate(plan))
