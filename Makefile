# Two commands matter: make run, make test. Each target is a line or two; what it does is printed by make help.
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
# Relative paths in THROUGHLINE_* start where the command was called, also with make -C (which sets the flag w).
export THROUGHLINE_CALLED_FROM := $(if $(findstring w,$(firstword -$(MAKEFLAGS))),$(PWD),$(CURDIR))
export DO_NOT_TRACK := 1
export GX_ANALYTICS_ENABLED := false
.DEFAULT_GOAL := help
# The SQL linter's processes sometimes leave a semaphore behind, which Python frees and tells at its end.
QUIET_POOL := PYTHONWARNINGS=ignore:resource_tracker:UserWarning
.PHONY: help run rollback erase whois dbt demo-red world sources docs test test-all test-rest prove dev manifest bench check fix browser clean

help:  ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 16

.venv/ready: requirements.lock
	@$(PYTHON) orchestration/environment.py

.venv/tools: requirements-dev.lock .venv/ready
	@$(PYTHON) orchestration/environment.py --tools

run: .venv/ready  ## files to published warehouse and pages (FULL=1 rebuilds, KNOWN_AT=moment recalls, VERBOSE=1 shows logs)
	@$(BIN)/python -m orchestration.run $(if $(FULL),--full) $(if $(KNOWN_AT),--known-at $(KNOWN_AT))

rollback: .venv/ready  ## return to an earlier publication (TO=name; LIST=1 says which are kept)
	@$(BIN)/python -m orchestration.rollback $(if $(LIST),--list) $(if $(TO),--to $(TO))

erase: .venv/ready  ## a person leaves for good, with a report that proves it (ID=email:ada@example.com, FILE=list of ids, DRY=1 only says)
	@$(BIN)/python -m orchestration.erase --id '$(ID)' --file '$(FILE)' $(if $(DRY),--dry)

whois: .venv/ready  ## who somebody is in the published tables, for those who hold the key (ID=email:ada@example.com)
	@$(BIN)/python -m warehouse.privacy.whois '$(ID)'

dbt: .venv/ready  ## any dbt command at the home, as models are written and looked at (ARGS="build -s dim_customers+")
	@$(BIN)/python -m orchestration.dbt_by_hand $(or $(ARGS),--help)

demo-red: .venv/ready  ## the demo with faults that nobody should publish numbers on: the gates stop it and say why
	@rm -rf warehouse/state/red && $(BIN)/python -m simulation warehouse/state/red --faults red
	@THROUGHLINE_HOME=warehouse/state/red/home THROUGHLINE_LANDING=warehouse/state/red/landing $(BIN)/python -m orchestration.run; test $$? -eq 1

world: .venv/ready  ## a simulated company's exports and its truth (FOLDER=, ARGS="--customers 200000"; ARGS=--help)
	@$(BIN)/python -m simulation $(or $(FOLDER),warehouse/state/world) $(ARGS)

sources: .venv/ready  ## what every known source expects, found and misses (SOURCE=name lists its columns)
	@$(BIN)/python -m orchestration.sources $(if $(SOURCE),--source $(SOURCE))

PYTEST := $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

test: check  ## what a newcomer calls: linters, types, contracts, every room, one whole run (minutes)
	@$(PYTEST) -m "not slow"

test-all: test test-rest  ## and everything else: property tests, brute force, mutations, a small instance of each proof, the browser

test-rest: .venv/tools
	@$(PYTEST) -m slow
	@$(BIN)/python -m pytest tests/browser

docs: .venv/ready  ## write what is made from the code: what dbt is told of its sources
	@$(BIN)/python -m warehouse.landing.dbt_sources

check: .venv/tools  ## linters, types and import contracts alone (seconds)
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports && $(QUIET_POOL) $(BIN)/sqlfluff lint dbt_project/models dbt_project/tests

fix: .venv/tools  ## what linters can mend by themselves
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format . ; $(BIN)/sqlfluff fix dbt_project/models dbt_project/tests

browser: .venv/tools  ## the pages in a headless Chromium (needs Debian's chromium and chromium-driver)
	@$(BIN)/python -m pytest tests/browser

prove: .venv/tools  ## what takes seeds, large worlds, other engines: measured and written to docs/measured (PART=; ARGS="files=100")
	@$(BIN)/python -m tests.prove $(PART) $(ARGS)

dev: .venv/ready  ## Dagster's UI with the job, its schedule and its sensor
	@$(BIN)/python -m orchestration.dev

manifest: .venv/ready  ## the dbt project's manifest, for a dagster that is called without make (make run and make dev see to it)
	@$(BIN)/python -m orchestration.manifest

.venv/others/ready: tests/bench/others.txt
	@$(PYTHON) -m venv .venv/others && .venv/others/bin/pip install --quiet --requirement tests/bench/others.txt && touch $@

bench: .venv/tools .venv/others/ready  ## speed and memory, as ratios measured side by side
	@$(BIN)/python -m tests.bench

clean:  ## remove the environment and caches; STATE=1 after a question the state below warehouse/state as well
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache *.egg-info dbt_project/target dbt_project/logs
	@$(if $(STATE),printf 'warehouse/state holds rows whose files may be gone by now. Remove it? [yes/no] '; read answer; [ "$$answer" != yes ] || rm -rf warehouse/state)
