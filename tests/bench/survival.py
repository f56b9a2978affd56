"""Times until something happens: our SQL against lifelines' Kaplan-Meier estimator, on the same subjects, in values and in time.

lifelines is not among our packages: the comparison runs in the environment of others.txt.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import jinja2
import numpy as np

from tests.bench.others import OTHERS, require
from warehouse.settings import PROJECT

MACROS = Path(__file__).resolve().parents[2] / "dbt_project" / "macros" / "survival.sql"
GROUPS, SUBJECTS = 20, 20_000
FRACTIONS = (0.25, 0.5, 0.75, 0.95)


def _compared(folder: Path) -> dict[str, float]:
    """How far curves and limits are apart, the share of quantiles that are the same, and the seconds of each side.

    Needs lifelines. `folder` is where DuckDB may put what does not fit into memory.
    """
    fitter_of = importlib.import_module("lifelines").KaplanMeierFitter
    dice = np.random.default_rng(3)
    waits = np.ceil(dice.exponential(200, (GROUPS, SUBJECTS)) * 24) / 24
    followed = dice.uniform(1, 600, (GROUPS, SUBJECTS))
    durations, happened = np.minimum(waits, followed), waits <= followed
    with duckdb.connect(config={"temp_directory": str(folder / "spill")}) as connection:
        connection.execute("create table subjects (name integer, duration double, happened boolean)")
        columns = {"name": np.repeat(np.arange(GROUPS), SUBJECTS), "duration": durations.ravel(), "happened": happened.ravel()}
        connection.register("given", columns)
        connection.execute("insert into subjects select name, duration, happened from given")
        began = time.perf_counter()
        connection.execute(f"create table curve as with {_sql('survival_curve', *_CURVE)} select * from own_curve")
        quantiles = ", ".join(_sql("survival_quantile", fraction) for fraction in FRACTIONS)
        ours = connection.execute(f"select {quantiles} from curve group by name order by name").fetchall()
        mine = time.perf_counter() - began
        curve = connection.execute("select * from curve order by name, duration").fetchnumpy()
    other, off, same = 0.0, 0.0, 0
    for group in range(GROUPS):
        began = time.perf_counter()
        fitted = fitter_of().fit(durations[group], happened[group])
        theirs = [float(fitted.percentile(1 - fraction)) for fraction in FRACTIONS]
        other += time.perf_counter() - began
        own = {column: values[curve["name"] == group] for column, values in curve.items()}
        at = own["duration"]
        off = max(off, float(np.abs(own["survival_rate"] - fitted.survival_function_at_times(at).to_numpy()).max()))
        limits = fitted.confidence_interval_.reindex(at, method="ffill").to_numpy()
        for side, column in enumerate(("survival_low", "survival_high")):
            off = max(off, float(np.abs(np.ma.masked_invalid(own[column]) - limits[:, side]).max()))
        same += sum(float(one or np.inf) == two for one, two in zip(ours[group], theirs, strict=True))
    return {"difference": off, "same": same / (GROUPS * len(FRACTIONS)), "ours": mine, "theirs": other}


def measure() -> tuple[float, float]:
    """Print one line; how far curves and limits are apart at most, and the share of quantiles that are the same."""
    require("lifelines")
    command = [str(OTHERS), "-W", "ignore", "-m", "tests.bench.survival"]
    found = json.loads(subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True).stdout)
    name = f"survival, {GROUPS} groups of {SUBJECTS:,} subjects"
    told = f"lifelines; differs by at most {found['difference']:.0e}, {found['same']:.1%} of quantiles are the same"
    print(
        f"  {name:<50} {found['ours']:8.2f} s {found['theirs']:8.2f} s {found['ours'] / found['theirs']:8.2f} ×   {told}",
        flush=True,
    )
    return found["difference"], found["same"]


_CURVE = ("own", "subjects", ["name"], "duration", "happened")


def _sql(macro: str, *arguments: object) -> str:
    """What a macro says."""
    call = "{{ " + f"{macro}({', '.join(map(repr, arguments))})" + " }}"
    return jinja2.Environment(autoescape=False).from_string(MACROS.read_text(encoding="utf-8") + call).render()


if __name__ == "__main__":
    with TemporaryDirectory(prefix="throughline-bench-") as temporary:
        print(json.dumps(_compared(Path(temporary))))
