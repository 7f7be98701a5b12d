"""Check a study: every problem at once, and remarks on what looks odd."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from keruen.errors import Problem
from keruen.study import cell_checks, effect_checks, network_checks, project_checks, selector_checks, station_checks
from keruen.study.attributes import schema
from keruen.study.reading import FORMATS, Draft, read_draft

__all__ = ["PROBLEMS", "REMARKS", "CheckReport", "check", "examine"]

PROBLEMS = (
    *cell_checks.PROBLEMS,
    *network_checks.PROBLEMS,
    *selector_checks.PROBLEMS,
    *station_checks.PROBLEMS,
    *project_checks.PROBLEMS,
    *effect_checks.PROBLEMS,
)
"""Checks whose findings keep a study from opening, in the order in which they are made."""

REMARKS = (*network_checks.REMARKS, *project_checks.REMARKS, *effect_checks.REMARKS)
"""Checks whose findings are odd and may be meant."""


@dataclass(frozen=True)
class CheckReport:
    """What a check found.

    Attributes
    ----------
    problems : sequence of Problem
        What must be mended before the study can be opened.
    remarks : sequence of Problem
        What looks odd and may be meant.
    """

    problems: Sequence[Problem]
    remarks: Sequence[Problem]

    def __str__(self) -> str:
        lines = [str(problem) for problem in self.problems]
        lines += [f"remark: {remark}" for remark in self.remarks]
        lines.append(f"{len(self.problems)} problems, {len(self.remarks)} remarks")
        return "\n".join(lines)


def check(folder: str | Path) -> CheckReport:
    """Check a study without raising.

    Parameters
    ----------
    folder : path
        The study.

    Returns
    -------
    CheckReport
        All problems and remarks.
    """
    draft = read_draft(Path(folder))
    examine(draft)
    return CheckReport(tuple(draft.problems), tuple(draft.remarks))


def examine(draft: Draft) -> None:
    """Run every check over a draft and note what they find, in the order of files and rows."""
    for checks, found in ((PROBLEMS, draft.problems), (REMARKS, draft.remarks)):
        for one in checks:
            found.extend(problem for problem in one(draft) if not _follows(draft, problem))
    draft.problems[:] = _in_order(draft.problems)
    draft.remarks[:] = _in_order(draft.remarks)


def _follows(draft: Draft, problem: Problem) -> bool:
    """Whether a finding is about a column that was not read, which is said already."""
    return f"{problem.file.rpartition('.')[0]}.{problem.column}" in draft.lost


def _in_order(found: list[Problem]) -> list[Problem]:
    files = {f"{name}{suffix}": i for i, name in enumerate(schema()) for suffix in FORMATS}
    return sorted(dict.fromkeys(found), key=lambda p: (files.get(p.file, -1), p.file, p.row or 0))
