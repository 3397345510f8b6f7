# Everything runs in an environment of its own, .venv in this checkout; the first target that needs it makes it.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help venv demo test test-all check format clean
.DELETE_ON_ERROR:
# Kept, though only pattern rules name them: they say which extras are installed.
.PRECIOUS: $(VENV)/.installed-%

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

venv: $(VENV)/.installed-dev $(VENV)/.installed-test $(VENV)/.installed-examples  ## make .venv with all that the targets below need

demo: $(VENV)/.installed-examples  ## train on the New York flights, show what was learned, serve it (minutes)
	@$(BIN)/python benchmarks/demo.py

test: $(VENV)/.installed-test $(VENV)/.installed-examples  ## tests, doctests, README and notebooks; all but the slow ones
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow"

test-all: $(VENV)/.installed-test $(VENV)/.installed-examples  ## the same and the slow ones
	@$(BIN)/python -m pytest -n 2 --dist loadfile

check: $(VENV)/.installed-dev  ## format, lint and types; changes nothing
	@$(BIN)/ruff format --check
	@$(BIN)/ruff check
	@$(BIN)/mypy

format: $(VENV)/.installed-dev  ## put the code into the house's format and fix what can be fixed safely
	@$(BIN)/ruff check --fix-only --quiet
	@$(BIN)/ruff format

clean:  ## remove .venv, caches and build products (not saved_models)
	@rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("tabembed needs Python 3.11 or later, however: " + sys.version if sys.version_info < (3, 11) else 0)'
	@echo "making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)

# One stamp for each extra: an install is repeated only when what the package needs has changed.
$(VENV)/.installed-%: setup.cfg pyproject.toml | $(BIN)/python
	@echo "installing .[$*] into $(VENV); the first time takes minutes"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -e '.[$*]'
	@touch $@
