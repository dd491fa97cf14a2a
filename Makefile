# make demo | test | lint | bench: each prepares .venv (once) and runs.
# PYTHON chooses the interpreter that .venv is made from: make test PYTHON=python3.12

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
LINT_STAMP := $(VENV)/.lint
BENCH_STAMP := $(VENV)/.bench
# The pinned packages have wheels for these.
SUPPORTED := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
# The first of these that runs and is new enough; a name on PATH may be a shim that does not.
PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3; do \
	$$name -c '$(SUPPORTED)' >/dev/null 2>&1 && { echo $$name; break; }; done)
SOURCES := $(wildcard Core QMRIAnalysis GliomaMRISetup Testing Docs/tools scripts)

# Off-screen drawing: no display is needed, and none is probed for.
export QT_QPA_PLATFORM ?= offscreen
export VTK_DEFAULT_OPENGL_WINDOW ?= vtkEGLRenderWindow
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help demo test lint bench system clean

help:
	@echo "make demo   a patient, a cohort and a raw slice: build/demo/index.html and build/demo/case.mrb"
	@echo "make test   all tests (TESTS=path narrows them)"
	@echo "make lint   ruff over the whole repository"
	@echo "make bench  speed beside the baseline: one table and bench.json"
	@echo "make clean  removes build/ and .venv"

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "GliomaMRI needs Python 3.11, 3.12 or 3.13 with the venv module \
	(Debian: apt-get install python3 python3-venv), or name one: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(LINT_STAMP): constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --constraint constraints.txt ruff
	@touch $@

$(STAMP): pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[dev]"
	@touch $@

# What benchmarks are measured against; without it they say so.
$(BENCH_STAMP): $(STAMP)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[dev,bench]" || true
	@touch $@

system:
	@bash scripts/system_libraries.sh

demo: system $(STAMP)
	$(BIN)/python scripts/demo.py --out build/demo

# Test files are shared out among processes, at most four: some need 2 GB.
TESTS ?= Testing
test: system $(STAMP)
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile $(TESTS)

lint: $(LINT_STAMP)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check --quiet $(SOURCES)

bench: $(BENCH_STAMP)
	$(BIN)/python Testing/benchmarks/run.py --out bench.json

clean:
	rm -rf build $(VENV)
