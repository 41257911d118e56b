# What a newcomer runs. Every target makes its own virtual environment first; needed beforehand: Python 3.11 or newer, make, git.
#
#   make demo    start the local AWS, run three queries on it, stop it
#   make test    the tests
#   make sweep   every table and operation against faults and odd answers, with figures
#   make fuzz    generated queries against PostgreSQL for ten minutes
#   make truth   every dataset read in a world that answers by AWS's models: what is right, and what is not, by kind: about eight minutes
#   make check   format, lint, types, layers
#   make bench   calls, time and memory beside plain boto3, and the inventory: about seven minutes
#   make clean   remove everything that was made

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help bench demo test sweep fuzz truth check format install constraints clean

# The first interpreter that is new enough; `make PYTHON=/path/to/python test` takes another.
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3 python; do \
	if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then echo $$python; break; fi; done)

# Recipes use relative paths only, so that a checkout may live in a directory with spaces in its name.
BIN := .venv/bin
STAMP := .venv/.installed
CATALOG := src/cirql/catalog/catalog.sqlite
CATALOG_RULES := $(shell find src/cirql/compiler src/cirql/catalog -name '*.py' -o -name '*.toml') src/cirql/names.py src/cirql/types.py

# Without bytecode every start of the program costs two to three times as much.
unexport PYTHONDONTWRITEBYTECODE
export PIP_DISABLE_PIP_VERSION_CHECK := 1

help:
	@sed -n 's/^#   //p' Makefile

install: $(STAMP)

# The build's own requirements go first, into the same environment and under the same constraints, so that the catalog is
# compiled from the very versions that the tests use and nothing is downloaded twice.
$(STAMP): pyproject.toml constraints.txt hatch_build.py
	@if [ -z "$(PYTHON)" ]; then echo 'error: Python 3.11 or newer is needed; name it with make PYTHON=/path/to/python' >&2; exit 1; fi
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'error: $(PYTHON) is older than Python 3.11' >&2; exit 1; }
	@echo 'setting up .venv (a few minutes the first time)'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo '  1/3 build requirements'
	@$(BIN)/python -m pip install --quiet --compile -c constraints.txt hatchling cfn-lint botocore
	@echo '  2/3 cirql and what it needs'
	@$(BIN)/python -m pip install --quiet --compile --no-build-isolation -c constraints.txt -e '.[demo,dev]'
	@echo '  3/3 bytecode'
	@$(BIN)/python -m compileall -q src
	@touch $(STAMP)

# The catalog is part of the installation; here its rules may have changed since.
$(CATALOG): $(STAMP) $(CATALOG_RULES)
	@$(BIN)/python -c 'from cirql.compiler import build; build.is_fresh() or (print("  compiling the catalog"), build.build())'
	@touch $(CATALOG)

demo: $(CATALOG)
	@$(BIN)/python -m cirql.cli.demo

test: $(CATALOG)
	$(BIN)/python -m pytest -n 2 --dist loadfile

# Figures are printed beside their targets (docs/benchmarks.md) and never fail the run.
bench: $(CATALOG)
	@mkdir -p .benchmarks
	@$(BIN)/python -m benchmarks.limits --json .benchmarks/limits.json
	@$(BIN)/python benchmarks/planner.py --json .benchmarks/planner.json
	@$(BIN)/python benchmarks/inventory.py --json .benchmarks/inventory.json
	@$(BIN)/python benchmarks/catalog.py --json .benchmarks/catalog.json

sweep: $(CATALOG)
	$(BIN)/python -m pytest -q -s tests/sweeps

fuzz: $(STAMP) $(CATALOG)
	FUZZ_SECONDS=600 $(BIN)/python -m pytest tests/sql/translate/test_fuzz.py

truth: $(CATALOG)
	@mkdir -p .benchmarks
	@$(BIN)/python -m tests.truth --json .benchmarks/truth.json

check: $(STAMP)
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m ruff check .
	$(BIN)/python -m mypy
	$(BIN)/lint-imports

format: $(STAMP)
	$(BIN)/python -m ruff format .
	$(BIN)/python -m ruff check --fix .

# Names and versions only: no addresses, no hashes. Run after changing a dependency, in an environment made afresh.
constraints: $(STAMP)
	$(BIN)/python -m pip freeze --exclude-editable | grep -E '^[A-Za-z0-9_.-]+==[^ ]+$$' | sort -f > constraints.txt

clean:
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .benchmarks
	rm -f src/cirql/catalog/catalog.sqlite src/cirql/catalog/catalog.sqlite-*
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
