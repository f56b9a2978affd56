"""Fingerprints of the code: of what makes rows, and of what draws pages. What is only read by people has no say in the first.

A docstring, a comment in Python or a description in a YAML file makes no table another, and a page's template no table at all.
Which models are built anew is a finer question, which dbt answers by itself (dbt_project/macros/incremental).
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from warehouse.settings import PROJECT, Settings

MAKES_ROWS = ("warehouse", "dbt_project", "ml", "expectations", "orchestration")
DRAWS_PAGES = ("reports",)
DRAWN_BY = ".drawn_by"  # a file beside the pages
NOT_CODE = {"state", "target", "logs", "dbt_packages"}
READ_BY_PEOPLE = {"description", "docs", "owner"}
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def fingerprint_of_rows(project: Path = PROJECT) -> str:
    """One hash over all that decides which rows a run makes and what the gates say of them."""
    return _fingerprint(project, MAKES_ROWS)


def fingerprint_of_pages(project: Path = PROJECT) -> str:
    """One hash over all that decides how pages look."""
    return _fingerprint(project, DRAWS_PAGES)


def note_pages(settings: Settings) -> None:
    """Write down beside the pages by which code they were drawn."""
    (settings.reports / DRAWN_BY).write_text(fingerprint_of_pages(), encoding="utf-8")


def are_pages_of_now(settings: Settings) -> bool:
    """Whether the pages that lie there were drawn by the code of now."""
    drawn_by = settings.reports / DRAWN_BY
    return drawn_by.is_file() and drawn_by.read_text(encoding="utf-8") == fingerprint_of_pages()


def _fingerprint(project: Path, rooms: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for room in rooms:
        for file in sorted((project / room).rglob("*")):
            place = file.relative_to(project)
            if file.is_file() and not NOT_CODE & set(place.parts) and (told := _told(file)) is not None:
                digest.update(f"{place}\0{told}\0".encode())
    return digest.hexdigest()[:16]


def _told(file: Path) -> str | None:
    """What a file says to a machine; None when it is no code."""
    match file.suffix:
        case ".py":
            return ast.dump(_Undocumented().visit(ast.parse(file.read_bytes())))
        case ".yml":
            return json.dumps(_undescribed(yaml.load(file.read_bytes(), LOADER)), default=str)
        case ".sql" | ".csv" | ".txt" | ".html" | ".css" | ".j2" | ".js":
            return file.read_text(encoding="utf-8")
    return None


class _Undocumented(ast.NodeTransformer):
    """Takes docstrings away."""

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [one for one in body if not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))]  # type: ignore[attr-defined]
        return node


def _undescribed(value: Any) -> Any:
    """A document without what is only read by people."""
    if isinstance(value, dict):
        return {key: _undescribed(one) for key, one in value.items() if key not in READ_BY_PEOPLE}
    return [_undescribed(one) for one in value] if isinstance(value, list) else value
