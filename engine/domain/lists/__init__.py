"""Pending-renewal lists: reading and judging files of four source profiles; no database, no clock."""

from engine.domain.lists.dates import ExpiryConvention
from engine.domain.lists.errors_file import write_errors
from engine.domain.lists.model import (
    FileKind,
    ListFileError,
    PolicyRow,
    Problem,
    ReadList,
    RejectedRow,
    RowKey,
    SheetLayout,
)
from engine.domain.lists.profiles import PROFILES, Column, Field, Profile
from engine.domain.lists.reading import read_list
from engine.domain.lists.texts import PROBLEMS, REFUSALS

__all__ = [
    "PROBLEMS",
    "PROFILES",
    "REFUSALS",
    "Column",
    "ExpiryConvention",
    "Field",
    "FileKind",
    "ListFileError",
    "PolicyRow",
    "Problem",
    "Profile",
    "ReadList",
    "RejectedRow",
    "RowKey",
    "SheetLayout",
    "read_list",
    "write_errors",
]
