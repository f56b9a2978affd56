"""Definitions as tables: a class of rows is a table of the schema `journey`, and its annotations are the columns."""

from __future__ import annotations

import types
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, dataclass_transform, get_args, get_type_hints

from warehouse.definitions.file import File

SQL_TYPES = {str: "VARCHAR", float: "DOUBLE", int: "INTEGER", bool: "BOOLEAN", date: "TIMESTAMP", datetime: "TIMESTAMP"}


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Row:
    """A row of a table; `class FunnelStepRow(Row, table="funnel_steps")` makes both."""

    tables: ClassVar[dict[str, type[Row]]] = {}

    def __init_subclass__(cls, table: str) -> None:
        dataclass(kw_only=True, frozen=True)(cls)
        Row.tables[table] = cls

    @classmethod
    def columns(cls) -> dict[str, str]:
        """The columns with their types in SQL."""
        kinds = get_type_hints(cls)
        return {name: _sql_type(kinds[name]) for name in cls.__annotations__}


class Section(File):
    """A section of a file whose definitions land as tables."""

    def rows(self) -> Iterable[Row]:
        """The section's definitions as rows."""
        return ()

    def event_types_in_use(self) -> Iterable[str]:
        """The event types that the section's definitions build on."""
        return ()

    def hints(self) -> Iterable[str]:
        """Things that are allowed and probably not meant."""
        return ()


def _sql_type(kind: Any) -> str:
    inner = [one for one in get_args(kind) if one is not type(None)] if isinstance(kind, types.UnionType) else [kind]
    return SQL_TYPES[inner[0]]
