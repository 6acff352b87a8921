# Executable documentation: every way to work on digest. The first call of a target sets
# up a virtual environment in .venv; later calls start at once.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
COVERED := --cov --cov-report=term --cov-fail-under=95

# Each process of a test run would compile every module again: 9 s for each that collects
# the tests, half a second for each command that a test starts.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test check format wheel-test torture bench clean

demo: $(VENV)/ready ## make a sample newsroom in ./demo, send its digests, show what came of it
	@$(BIN)/digest demo demo

test: $(VENV)/ready ## the quick tests
	@$(BIN)/pytest -q -n auto -m "not slow"

check: $(VENV)/ready ## everything that must hold: format, lint, types, contracts, all tests, coverage
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest -q -n auto --hypothesis-profile=thorough $(or $(ONLY),$(COVERED))

wheel-test: $(VENV)/ready ## build the wheel, install it elsewhere, run its demo outside this folder
	PYTHON="$(PYTHON)" sh tests/wheel.sh

torture: $(VENV)/ready ## kill senders by the hundred and ask the server what it got; half an hour
	$(BIN)/python -m tests.torture $(ROUNDS)

format: $(VENV)/ready ## let ruff write
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/ready ## the timings stated in docs/performance.md; QUICK=--quick takes a minute
	$(BIN)/python -m benchmarks $(QUICK)

clean:
	rm -rf $(VENV) demo dist build .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage*

# The mark is written last, so that an interrupted set-up is done again.
$(VENV)/ready: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("digest needs Python 3.11 or newer; found " + sys.version.split()[0] + ". Run: make PYTHON=python3.12 …") if sys.version_info < (3, 11) else None'
	@echo "Setting up $(VENV) (once, about a minute) …"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev]"
	@touch $@
