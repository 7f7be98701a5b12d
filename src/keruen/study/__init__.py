"""The study floor: tables and settings read, checked, patched into scenarios, and traced to their sources."""

from keruen.study.attributes import Attribute, Schema, TableSchema, schema
from keruen.study.checking import CheckReport, check
from keruen.study.documentation import schema_markdown, schema_table
from keruen.study.patches import Growth, NewRow, Patch
from keruen.study.provenance import Coverage, share_assumed, sources
from keruen.study.reading import open  # noqa: A004
from keruen.study.scenario import Scenario, diff
from keruen.study.settings import Settings
from keruen.study.starting import new
from keruen.study.study import Study

__all__ = [
    "Attribute",
    "CheckReport",
    "Coverage",
    "Growth",
    "NewRow",
    "Patch",
    "Scenario",
    "Schema",
    "Settings",
    "Study",
    "TableSchema",
    "check",
    "diff",
    "new",
    "open",
    "schema",
    "schema_markdown",
    "schema_table",
    "share_assumed",
    "sources",
]
