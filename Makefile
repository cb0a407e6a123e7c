# Four things to do with the workbench: make report, make test, make lab, make lint.
# Each makes the environment first, if need be. Another Python: make setup PYTHON=python3.12

ifeq ($(OS),Windows_NT)
PYTHON ?= python
BIN := .venv/Scripts
else
PYTHON ?= python3
BIN := .venv/bin
endif

# Which tests: all, or for example TESTS=tests/test_setup.py
TESTS ?=

NLDTIB := $(BIN)/python -m nldtib

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup report test lab lint lock clean

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-7s %s\n", $$1, $$2 }' Makefile

setup: ## make .venv from requirements.lock (once per lock)
	@command -v "$(PYTHON)" >/dev/null 2>&1 || { echo "Not found: $(PYTHON). nldtib needs Python 3.11 or newer: make setup PYTHON=..." >&2; exit 1; }
	@"$(PYTHON)" .ci/venv.py

report: setup ## make the report of the invented rounds; the last line says where it is
	@if [ ! -e data/demo/2024/raw ] || [ ! -e data/demo/2026/raw ]; then $(NLDTIB) demo; fi
	@$(NLDTIB) run data/demo/2024 --edition first
	@$(NLDTIB) run data/demo/2026 --edition first

test: lint ## check style, get a browser if there is none, run the tests
	@bash .ci/system chromium
	@$(BIN)/python -m pytest -n 2 --dist loadfile $(TESTS)

lab: setup ## open the workbench for analysts in JupyterLab
	@if [ ! -e data/demo/2026/raw ]; then $(NLDTIB) demo; fi
	@$(BIN)/python -m jupyter labextension disable --log-level=ERROR "@jupyterlab/apputils-extension:announcements"
	@$(BIN)/python -m jupyter lab notebooks/workbench/explore.ipynb

lint: setup ## check style and format
	@$(BIN)/python -m ruff check .
	@$(BIN)/python -m ruff format --check .

lock: ## solve pyproject.toml afresh into requirements.lock
	@PYTHON="$(PYTHON)" bash .ci/lock

clean: ## remove what can be made again; never data/rounds, never outputs
	@rm -rf .venv build dist *.egg-info .pytest_cache .ruff_cache .hypothesis data/demo
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
