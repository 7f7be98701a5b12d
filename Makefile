# Everything a newcomer types. Recipes use only the environment in .venv, which `make env` creates.
PYTHON ?= python3
BIN := .venv/bin
STUDY ?= examples/north-south
OUT ?= runs/north-south

.PHONY: help env plan test test-slow test-browser lint bench study docs pictures clean

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

.venv/.complete: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

env: .venv/.complete  ## create the environment

plan: env  ## plan the reference study: tables, report, manifest in runs/north-south
	$(BIN)/keruen plan $(STUDY) --out $(OUT) --appraise

test: env  ## the fast tests, docstring examples included
	$(BIN)/python -m pytest -n auto --dist loadfile

test-slow: env  ## long statistics and the rebuild of the study
	$(BIN)/python -m pytest -m slow -n auto --dist loadfile

test-browser: env  ## the report in headless Chromium
	$(BIN)/python -m pytest -m browser

lint: env  ## style, types, floors of the house
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: env  ## measure the speeds of docs/benchmarks.md and print them as a table
	$(BIN)/python benchmarks/plan.py

study: env  ## rebuild the reference study from the raw files (RAW=folder)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[build]'
	$(BIN)/python -m tools.north_south --raw $(RAW) --out $(STUDY)

docs: env  ## regenerate the pages that are made from code
	$(BIN)/keruen schema --markdown > docs/tables.md

pictures: env  ## make the pictures of the README anew from the last plan (needs Chromium)
	$(BIN)/python -m tools.pictures $(OUT)/report.html projects docs/pictures/projects.png

clean:
	rm -rf .venv build dist runs .pytest_cache .mypy_cache .ruff_cache
