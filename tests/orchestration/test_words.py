"""What data say never commands a terminal: signs that would are shown as what they are called."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from expectations import MODEL_GATES
from orchestration import progress, rollback, run
from orchestration.steps import gates
from warehouse.files import ReadableLog

EVIL = "\x1b[31mred\x07\x9b2J\u202egnp"
SHOWN = r"\x1b[31mred\x07\x9b2J\u202egnp"


@pytest.mark.parametrize("speak", [progress.say, progress.warn])
def test_a_step_tells_data_in_signs_that_can_be_seen(speak: Any) -> None:
    said: list[str] = []
    log = SimpleNamespace(info=said.append, warning=said.append)
    speak(SimpleNamespace(log=log), f"a\n      {EVIL}")
    assert said == [f"{progress.SUMMARY}a\n      {SHOWN}"]


def test_a_step_that_ends_does_so_in_signs_that_can_be_seen() -> None:
    assert progress.stopped(f"{EVIL}\nnext").description == f"{SHOWN}\nnext"
    assert run.meant(EVIL) == SHOWN


def test_a_failed_check_names_its_subject_on_one_line() -> None:
    (gate,) = [gate for gate in MODEL_GATES if gate.name == "model_discrimination"]
    row = {"gate": gate.name, "subject": f"{EVIL}\n", "observed": "1", "threshold": "2", "passed": False, "severity": "warn"}
    result = gates.check_result(gate, pd.DataFrame([row]), None)
    told = f"{result.description} {result.metadata['results'].value}"
    assert told.count(SHOWN) == 2
    assert all(sign.isprintable() or sign == "\n" for sign in told)
    assert gates.listed(pd.DataFrame([row])).count("\n") == 1


def test_that_no_publication_is_kept_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("THROUGHLINE_HOME", str(tmp_path))
    assert rollback.main(["--list"]) == 0
    assert capsys.readouterr().out == "  Nothing is kept: no publication has been replaced by another yet.\n"


def test_a_log_can_be_read(tmp_path: Path) -> None:
    with ReadableLog((tmp_path / "log").open("wb"), encoding="utf-8") as log:
        print("ä", EVIL, file=log)
    assert (tmp_path / "log").read_text(encoding="utf-8") == f"ä {SHOWN}\n"
