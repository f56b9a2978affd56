"""dlt loads a small REST interface into a DuckDB file, whose orders are events by two files that docs/your-own-models.md shows.

dlt lives in an environment of its own, made here; the interface is served on loopback. Too heavy for the ordinary suite, which
attaches a file that it makes itself (test_doors.py): make prove PART=doors.
"""

from __future__ import annotations

import json
import subprocess
import threading
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.doors.clone import Clone

PAGE_SIZE = 100
LOAD = """
import sys
import dlt
from dlt.sources.rest_api import rest_api_source

address, database, folder = sys.argv[1:]
pages = {"type": "page_number", "base_page": 1, "total_path": "pages"}
endpoint = {"path": "orders", "data_selector": "orders", "paginator": pages}
orders = {"name": "orders", "primary_key": "id", "write_disposition": "merge", "endpoint": endpoint}
source = rest_api_source({"client": {"base_url": address}, "resources": [orders]})
destination = dlt.destinations.duckdb(database)
dlt.pipeline("shop", destination=destination, dataset_name="main", pipelines_dir=folder).run(source)
"""
CRM = ("dbt_project/models/staging/crm/_crm.yml", "dbt_project/models/staging/crm/stg_crm__events.sql")


def measure(folder: Path, *, orders: int) -> dict[str, float]:
    """How many orders of the interface arrive as events, after a first load and after one that brings some more and one changed.

    `missing` is how many did not, or with another amount; seconds are those of the runs alone.
    """
    python = _environment(folder / "dlt")
    clone = Clone.at(folder)
    clone.settings["CRM_DB"] = str(folder / "crm.duckdb")
    clone.write(*CRM)
    clone.replace("dbt_project/dbt_project.yml", "  feeds:\n", "  feeds:\n    crm__events: reread\n")
    rows = [_order(number) for number in range(orders)]
    figures: dict[str, float] = {"missing": 0, "files": len(CRM)}
    with _served(rows) as address:
        for name in ("first", "second"):
            load = [python, "-c", LOAD, address, clone.settings["CRM_DB"], str(folder / "pipelines")]
            subprocess.run(load, check=True, capture_output=True, text=True)
            began = time.monotonic()
            clone.run()
            figures[f"{name}_run_seconds"] = round(time.monotonic() - began, 1)
            found = clone.ask("select count(*) as n, sum(revenue_amount) as amount from marts.fct_events where source = 'crm'")
            figures[f"{name}_events"] = int(found["n"].item())
            is_whole = float(found["amount"].item()) == sum(float(row["amount"]) for row in rows)
            figures["missing"] += abs(len(rows) - figures[f"{name}_events"]) + (not is_whole)
            rows[0] |= {"amount": 1000.5}
            rows += [_order(number) for number in range(orders, orders + orders // 10)]
    return figures


def _order(number: int) -> dict[str, float | str]:
    placed_at = f"2026-03-{1 + number % 5:02}T{number % 24:02}:00:00Z"
    return {"id": number, "placed_at": placed_at, "buyer_email": f"buyer{number % 97}@example.com", "amount": number % 50 + 0.5}


def _environment(folder: Path) -> str:
    """A Python that has dlt."""
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "dlt[duckdb]"], check=True)
    return python


@contextmanager
def _served(rows: list[dict[str, float | str]]) -> Iterator[str]:
    """The rows, page by page, at an address of this machine."""

    class Interface(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = int(parse_qs(urlsplit(self.path).query).get("page", ["1"])[0])
            told = {"orders": rows[(page - 1) * PAGE_SIZE : page * PAGE_SIZE], "pages": -(-len(rows) // PAGE_SIZE)}
            body = json.dumps(told).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Interface)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
