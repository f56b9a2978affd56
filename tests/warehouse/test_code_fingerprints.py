"""What is only read by people makes no run: a docstring, a comment, a description; and a template draws pages, no more."""

from __future__ import annotations

from pathlib import Path

import pytest

from warehouse.publication.code import fingerprint_of_pages, fingerprint_of_rows

FILES = {
    "ml/model.py": '"""What it is."""\n\n\ndef fit(rows: int) -> int:\n    """Fit."""\n    return rows + 1\n',
    "dbt_project/models/marts/one.sql": "select 1 as one\n",
    "dbt_project/models/marts/one.yml": "models: [{name: one, description: One row, columns: [{name: one, data_type: int}]}]\n",
    "warehouse/definitions/words/nobody.txt": "none\nnobody\n",
    "reports/templates/page.css": "body {color: black}\n",
}
EDITS = {
    "a docstring": ("ml/model.py", '"""Fit."""', '"""Fits the model."""', set()),
    "a comment in Python": ("ml/model.py", "return rows + 1", "return rows + 1  # one more", set()),
    "a description": ("dbt_project/models/marts/one.yml", "One row", "One row always", set()),
    "a template": ("reports/templates/page.css", "black", "white", {"pages"}),
    "what Python does": ("ml/model.py", "rows + 1", "rows + 2", {"rows"}),
    "a word that stands for nobody": ("warehouse/definitions/words/nobody.txt", "nobody", "niemand", {"rows"}),
    "a model": ("dbt_project/models/marts/one.sql", "select 1", "select 2", {"rows"}),
    "the type of a column": ("dbt_project/models/marts/one.yml", "data_type: int", "data_type: bigint", {"rows"}),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_changes_the_fingerprint_of_what_it_changes(tmp_path: Path, edit: str) -> None:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    before = {"rows": fingerprint_of_rows(tmp_path), "pages": fingerprint_of_pages(tmp_path)}
    name, old, new, changed = EDITS[edit]
    (tmp_path / name).write_text(FILES[name].replace(old, new), encoding="utf-8")
    after = {"rows": fingerprint_of_rows(tmp_path), "pages": fingerprint_of_pages(tmp_path)}
    assert {what for what in before if before[what] != after[what]} == changed
