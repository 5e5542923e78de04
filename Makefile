# Every target works on a fresh clone: it builds .venv first, and again when pyproject.toml changes.

PYTHON ?= python3
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

ifeq ($(OS),Windows_NT)
SCRIPTS := Scripts
else
SCRIPTS := bin
endif

# The checkout is installed so that an edit is at work at once. With WHEEL=dist/NAME.whl it is that
# wheel, as users install it, in an environment of its own.
WHEEL =
PACKAGE := $(or $(WHEEL),.)
EDITABLE := $(if $(WHEEL),,--editable)
VENV := $(if $(WHEEL),build/venv,.venv)
BIN := $(VENV)/$(SCRIPTS)

# The program itself, and on top of it what its developers need.
RUN := $(VENV)/run-stamp
DEV := $(VENV)/dev-stamp

$(RUN): pyproject.toml $(WHEEL)
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and "scratchnet needs Python 3.11 or newer, and $(PYTHON) is %d.%d: try make PYTHON=python3.11" % v[:2])'
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(EDITABLE) $(PACKAGE)
	@# As pip does for packages that are not editable: containers often forbid Python to do it later.
	$(BIN)/python -m compileall -q scratchnet_cli
	@touch $@

$(DEV): $(RUN)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(EDITABLE) '$(PACKAGE)[dev]'
	@touch $@

.PHONY: help run test coverage slow lint format check bench fuzz faults weights build clean

help: ## show this list
	@$(PYTHON) -c 'import re; print(*("%-8s %s" % m for m in re.findall(r"^(\w+):.*?## (.*)", open("Makefile").read(), re.M)), sep="\n")'

run: $(RUN) ## evaluate the book's network on MNIST
	$(BIN)/scratchnet eval --batch-size 100

test: $(DEV) ## run the tests
	$(BIN)/pytest

coverage: $(DEV) ## run the tests and print branch coverage
	$(BIN)/pytest --cov --cov-report=term:skip-covered

slow: $(DEV) ## run the tests that take longer: with a browser, a training, many pictures
	$(BIN)/pytest -m slow

lint: $(DEV) ## check style, types and the order of imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(DEV) ## put the code into its standard form
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

check: lint test slow ## check style and types, run all tests

bench: $(DEV) ## measure speed and memory, beside others
	$(BIN)/python -m tests.benchmarks

fuzz: $(DEV) ## feed each parser odd files for SECONDS seconds (60)
	-$(BIN)/python -m pip install --quiet --disable-pip-version-check atheris==3.0.0
	$(BIN)/python -m tests.fuzz $(or $(SECONDS),60)

faults: $(DEV) ## kill, starve and crowd the program many times (some minutes)
	$(BIN)/pytest --numprocesses=0 tests/faults.py

weights: $(RUN) ## train the bundled weights again (some 40 minutes on one core)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	$(BIN)/python -m weights.train

build: ## build the wheel and the source archive into dist/
	rm -rf dist
	$(PYTHON) -m venv --clear build/tools
	build/tools/$(SCRIPTS)/python -m pip install --quiet --disable-pip-version-check build==1.6.1 hatchling==1.33.0
	build/tools/$(SCRIPTS)/python -m build --no-isolation

clean: ## delete everything that make has built
	rm -rf .venv build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
