# Every target tells what it does: `make` alone prints them.
SHELL := /bin/sh
VENV  := .venv
LAB   := $(VENV)/bin/lab
PY    := $(VENV)/bin/python
PROFILE ?=
WORKERS ?= 2
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help lab-up lab-status lab-shell lab-down lab-open install test test-page check format docs bench clean

help: ## Print this page
	@awk 'BEGIN {FS = ":.*## "; print "make TARGET\n"} /^[a-z-]+:.*## / {printf "  %-11s %s\n", $$1, $$2}' Makefile
	@printf '\nStart with: make lab-up        Options: make lab-up PROFILE=embedded\n'

lab-up: $(VENV)/.ready ## Make the lab and run its flows; safe to repeat
	@$(LAB) up $(if $(PROFILE),--profile $(PROFILE))

lab-status: $(VENV)/.ready ## What is up, what is real, where each package stands
	@$(LAB) status

lab-shell: $(VENV)/.ready ## A shell in which kubectl and lab mean this lab
	@sh tools/shell "$(LAB)"

lab-down: ## Remove everything that the lab made; the virtual environment stays
	@if [ -x $(LAB) ]; then $(LAB) down; else echo "There is no lab here."; fi

install: $(VENV)/.ready ## Only make the virtual environment

test: $(VENV)/.tested ## Run the tests and every scenario
	@$(PY) -m pytest -q -n $(WORKERS) --dist worksteal $(ARGS)

test-page: $(VENV)/.paged ## Test the page in headless Chromium and take its pictures anew
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || test -n "$$CHROMIUM" || \
	  { echo "The page's tests need Chromium: apt-get install chromium chromium-driver"; exit 3; }
	@$(PY) -m pytest -q page-tests -o pythonpath=page-tests -W ignore::ResourceWarning -p no:cacheprovider $(ARGS)

lab-open: $(VENV)/.ready ## The page in the browser: the picture, alive
	@$(LAB) open

test-deep: $(VENV)/.tested ## Try the properties a thousand times each, with new examples in every run
	@$(PY) -m pytest -q -n $(WORKERS) --dist worksteal --hypothesis-profile=deep tests/property $(ARGS)

check: $(VENV)/.developed ## Lint, format, types, import contracts, generated pages
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports
	@$(PY) tools/docs --check

format: $(VENV)/.developed ## Put the code into its usual form
	@$(VENV)/bin/ruff check --fix -q . ; $(VENV)/bin/ruff format .

docs: $(VENV)/.developed ## Run the seed's checks and write the generated pages anew
	@$(PY) tools/seed; $(PY) tools/docs

bench: $(VENV)/.developed ## Measure against the bars; prints ratios
	@$(PY) benchmarks/run.py

clean: ## Remove the lab, the virtual environment and caches
	@if [ -x $(LAB) ]; then $(LAB) down --all; fi
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info

$(VENV)/.ready: pyproject.toml tools/install
	@sh tools/install $(VENV) "kubectl" ready

$(VENV)/.tested: pyproject.toml tools/install
	@sh tools/install $(VENV) "dev" tested

$(VENV)/.developed: pyproject.toml tools/install
	@sh tools/install $(VENV) "dev" developed

$(VENV)/.paged: pyproject.toml tools/install
	@sh tools/install $(VENV) "page" paged
