# What a newcomer runs. Every target makes its own virtual environment first; needed beforehand: Python 3.11 or newer, make, git.
#
#   make demo    start the local AWS, run three queries on it, stop it
#   make page    the page of `cirql web`, which needs Node.js
#   make test    the tests, without the sweeps
#   make sweep   every table and operation against faults and odd answers, with figures
#   make fuzz    generated queries against PostgreSQL for ten minutes
#   make truth   every dataset read in a world that answers by AWS's models: what is right, and what is not, by kind: about eight minutes
#   make check   format, lint, types, layers
#   make bench   calls, time and memory beside plain boto3, and the inventory: about ten minutes
#   make clean   remove everything that was made

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help page bench demo test sweep fuzz truth check format install constraints clean

# The first interpreter that is new enough; `make PYTHON=/path/to/python test` takes another.
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3 python; do \
	if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then echo $$python; break; fi; done)

# Recipes use relative paths only, so that a checkout may live in a directory with spaces in its name.
BIN := .venv/bin
# Two stamps: what the program needs, and that with what tests and checks need. Who has the second has the first.
DEV := .venv/.installed
ifeq ($(wildcard $(DEV)),)
BASE := .venv/.base
$(DEV): | $(BASE)
else
BASE := $(DEV)
endif
CATALOG := src/cirql/catalog/catalog.sqlite
CATALOG_RULES := $(shell find src/cirql/compiler src/cirql/catalog -name '*.py' -o -name '*.toml') src/cirql/names.py src/cirql/types.py

PIP := $(BIN)/python -m pip

# Without bytecode every start of the program costs two to three times as much.
unexport PYTHONDONTWRITEBYTECODE
export PIP_DISABLE_PIP_VERSION_CHECK := 1

help:
	@sed -n 's/^#   //p' Makefile

install: $(DEV)

# What the program needs and no more. The catalog is compiled while pip fetches the rest: for it botocore is enough, and cfn-lint as a wheel that
# is read in place (docs/decisions/009-from-clone-to-first-table.md). Bytecode is written by the first import, for what is imported.
.venv/.base: pyproject.toml constraints.txt
	@if [ -z "$(PYTHON)" ]; then echo 'error: Python 3.11 or newer is needed; name it with make PYTHON=/path/to/python' >&2; exit 1; fi
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'error: $(PYTHON) is older than Python 3.11' >&2; exit 1; }
	@echo 'setting up .venv (half a minute the first time)'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["dependencies"], sep="\n")' > .venv/base.txt
	@$(PIP) download --quiet --no-deps -c constraints.txt -d .venv/schemas cfn-lint & schemas=$$!; \
	$(PIP) install --quiet --no-compile -c constraints.txt botocore; wait $$schemas; \
	PYTHONPATH="src:$$(ls -t .venv/schemas/*.whl | head -1)" $(BIN)/python -m cirql.compiler.keeping & catalog=$$!; \
	$(PIP) install --quiet --no-compile -c constraints.txt -r .venv/base.txt hatchling; \
	HATCH_BUILD_NO_HOOKS=true $(PIP) install --quiet --no-compile --no-deps --no-build-isolation -e .; wait $$catalog
	@touch $(CATALOG) $@

# Tests and checks: with all that cfn-lint, moto and the linters need.
$(DEV): pyproject.toml constraints.txt hatch_build.py
	@echo 'adding what tests and checks need (two minutes the first time)'
	@HATCH_BUILD_NO_HOOKS=true $(PIP) install --quiet --compile --no-build-isolation -c constraints.txt -e '.[demo,dev]'
	@$(BIN)/python -m compileall -q src
	@touch $(DEV)

# The catalog is part of the installation; here its rules may have changed since.
$(CATALOG): $(BASE) $(CATALOG_RULES)
	@test -f $(DEV) || export PYTHONPATH="$$(ls -t .venv/schemas/*.whl | head -1)"; $(BIN)/python -m cirql.compiler.keeping
	@touch $(CATALOG)

demo: $(CATALOG)
	@$(BIN)/python -m cirql.cli.demo

# Clients in other languages, for the tests of the server: those whose tools are here. Which are not is said, and in docs/doors.md.
CLIENTS := .venv/clients/.installed
$(CLIENTS): $(DEV) $(wildcard tests/server/clients/pgx/*)
	@mkdir -p .venv/clients
	@if command -v go >/dev/null; then (cd tests/server/clients/pgx && CGO_ENABLED=0 go build -trimpath -o ../../../../.venv/clients/pgx .) || \
		echo 'pgx is not tested: go cannot build it'; \
	else echo 'pgx is not tested: there is no go'; fi & pgx=$$!; \
	if command -v java >/dev/null && command -v mvn >/dev/null; then \
		mvn -q dependency:copy -Dartifact=org.postgresql:postgresql:42.7.14 -DoutputDirectory=.venv/clients; \
	else echo 'pgjdbc is not tested: there is no java or no mvn'; fi; \
	if command -v node >/dev/null && command -v npm >/dev/null; then \
		npm install --silent --no-audit --no-fund --prefix .venv/clients pg@8.23.1 pg-cursor@2.22.0; \
	else echo 'node-postgres is not tested: there is no node or no npm'; fi; \
	wait $$pgx
	@odbcinst -q -d 2>/dev/null | grep -q PostgreSQL || echo 'ODBC is not tested: there is no unixodbc with a driver for PostgreSQL'
	@touch $(CLIENTS)

# The page of `cirql web`, out of page/, where there is Node.js. Its parts are pinned by page/package-lock.json.
PAGE := src/cirql/web/assets/app.js
$(PAGE): $(shell find page -path page/node_modules -prune -o -type f -print)
	@if command -v node >/dev/null && command -v npm >/dev/null; then \
		npm ci --silent --no-audit --no-fund --prefix page && (cd page && npm run --silent check && npm run --silent build) && touch $@; \
	else echo 'cirql web has no page: there is no node or no npm to build it with; all else works without'; fi

page: $(PAGE)

test: $(DEV) $(CATALOG) $(CLIENTS) $(PAGE)
	@command -v chromium >/dev/null || echo 'the page of cirql web is not tested: there is no chromium'
	$(BIN)/python -m pytest -n 2 --dist loadfile --ignore=tests/sweeps

# Figures are printed beside their targets (docs/benchmarks.md) and never fail the run.
bench: $(DEV) $(CATALOG)
	@mkdir -p .benchmarks
	@$(BIN)/python benchmarks/start.py --json .benchmarks/start.json
	@$(BIN)/python -m benchmarks.limits --json .benchmarks/limits.json --picture .benchmarks/limits.svg
	@$(BIN)/python benchmarks/planner.py --json .benchmarks/planner.json
	@$(BIN)/python -m benchmarks.workloads --json .benchmarks/workloads.json
	@$(BIN)/python benchmarks/inventory.py --json .benchmarks/inventory.json
	@$(BIN)/python -m benchmarks.lake --json .benchmarks/lake.json
	@$(BIN)/python -m benchmarks.crawl --iceberg --json .benchmarks/crawl.json
	@$(BIN)/python benchmarks/catalog.py --json .benchmarks/catalog.json
	@$(BIN)/python -m benchmarks.doors --json .benchmarks/doors.json

# Tests that try some of many in `make test`, and all of them here.
SAMPLED := tests/changes/test_crashes.py tests/changes/test_round_trip.py tests/inventory/conformance/test_crashes.py \
	tests/inventory/test_processes.py tests/inventory/test_properties.py tests/queries/test_random_queries.py
sweep: $(DEV) $(CATALOG)
	CIRQL_SWEEP=1 $(BIN)/python -m pytest -q -s -o faulthandler_timeout=3600 tests/sweeps $(SAMPLED)

fuzz: $(DEV) $(CATALOG)
	FUZZ_SECONDS=600 $(BIN)/python -m pytest tests/sql/translate/test_fuzz.py

truth: $(DEV) $(CATALOG)
	@mkdir -p .benchmarks
	@$(BIN)/python -m tests.truth --json .benchmarks/truth.json

check: $(DEV)
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m ruff check .
	$(BIN)/python -m mypy
	$(BIN)/lint-imports

format: $(DEV)
	$(BIN)/python -m ruff format .
	$(BIN)/python -m ruff check --fix .

# Names and versions only: no addresses, no hashes. Run after changing a dependency, in an environment made afresh.
constraints: $(DEV)
	$(BIN)/python -m pip freeze --exclude-editable | grep -E '^[A-Za-z0-9_.-]+==[^ ]+$$' | sort -f > constraints.txt

clean:
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .benchmarks .artefacts
	rm -rf page/node_modules src/cirql/web/assets
	rm -f src/cirql/catalog/catalog.sqlite src/cirql/catalog/catalog.sqlite-*
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
