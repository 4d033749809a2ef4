# Every verb is one line that also works by hand. Each sets up .venv first, if it is not there yet.
PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help demo test check bench soak docs clean

help: ## this list
	@sed -n 's/^\([a-z]*\):[^#]*## /\1\t/p' Makefile | expand -t 8

demo: .venv/.stamp ## assess the reference programme and say where the report is
	$(BIN)/doseline assess examples/clr131/programme.yaml --out build/clr131

test: .venv/.stamp ## every test but the soak tests
	$(BIN)/python -m pytest -n 2 -q

check: .venv/.stamp ## style, types, floors, pages
	$(BIN)/ruff check && $(BIN)/ruff format --check && $(BIN)/mypy && $(BIN)/lint-imports --no-cache --no-logo && $(BIN)/python -m pytest -q tests/test_docs.py

bench: .venv/.stamp ## time and best known value
	$(BIN)/python benchmarks/run.py

soak: .venv/.stamp ## the long tests
	HYPOTHESIS_PROFILE=soak $(BIN)/python -m pytest -n 2 -q -m soak tests/soak

docs: .venv/.stamp ## run every page: its Python, its commands, its links
	$(BIN)/python -m pytest -q tests/test_docs.py

clean: ## throw away what was made (for .venv too: rm -rf .venv)
	rm -rf build dist .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache

# The stamp is written last, so a set-up that was interrupted starts again.
.venv/.stamp: requirements.lock pyproject.toml
	@echo "setting up .venv (a few minutes the first time) ..."
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Doseline needs Python 3.11 or newer; say which with: make PYTHON=python3.12 ...")'
	@rm -f $@
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
