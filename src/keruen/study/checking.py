"""Check a study: every problem at once, and remarks on what looks odd."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from keruen.errors import Problem
from keruen.study.reading import Draft, read_draft

__all__ = ["CheckReport", "check", "examine"]


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
    """Run every check over a draft and note what they find."""
