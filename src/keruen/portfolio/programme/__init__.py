"""The projects of a study chosen together: the best set and its years for a budget, on the study's own freight."""

from keruen.portfolio.programme.asking import asked
from keruen.portfolio.programme.choosing import choose_programme
from keruen.portfolio.programme.result import Programme
from keruen.portfolio.programme.searching import Step

__all__ = ["Programme", "Step", "asked", "choose_programme"]
