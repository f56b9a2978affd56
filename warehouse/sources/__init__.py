"""Every source that is known, one module each: the files it hands over, their columns, and what its event names mean.

A module of this package defines `SOURCE`; that is all it takes to be known. What several of them share is in a module whose name
begins with an underscore.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from warehouse.contract import RawTable, Source

SOURCES: dict[str, Source] = {
    source.name: source
    for module in sorted(found.name for found in iter_modules(__path__) if not found.name.startswith("_"))
    if (source := import_module(f"{__name__}.{module}").SOURCE)
}
RAW_TABLES: tuple[RawTable, ...] = tuple(table for source in SOURCES.values() for table in source.tables)
