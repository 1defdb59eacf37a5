# Gauntlet: `make demo` shows what it does, `make test` checks it. Both set up what they need; `make setup PYTHON=...` picks the interpreter.
SHELL := /bin/bash
BIN := .venv/bin
CLEANED := build dist .pytest_cache .ruff_cache .hypothesis .benchmarks outputs *.egg-info

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-all unit unit-all lint doctor bench constraints clean distclean

help: ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  \1\t\2/' | expand -t 16

setup: ## system packages, .venv, pinned packages: what is there already is left alone
	@bash setup/run.sh

demo: setup ## the embedded suite with the scripted expert and the shipped policy: ends with the tables, the videos and a report on both
	$(BIN)/gauntlet run suite=tabletop/demo agent=expert
	$(BIN)/gauntlet run suite=tabletop/demo agent=st4vla-tabletop
	$(BIN)/gauntlet report results/tabletop-demo_expert results/tabletop-demo_st4vla-tabletop

test: lint unit ## the fast tests, ruff and pyright
test-all: lint unit-all ## with the slow tests

unit: setup
	$(BIN)/pytest -m "not slow" --ignore=tests/benchmarks

unit-all: setup
	$(BIN)/pytest --ignore=tests/benchmarks

lint: setup ## ruff and pyright
	$(BIN)/ruff check .
	$(BIN)/pyright

doctor: setup ## is everything there that a run needs?
	$(BIN)/gauntlet doctor

bench: setup ## speed: tests/benchmarks
	$(BIN)/python -m tests.benchmarks

constraints: ## write constraints.txt from the present .venv
	$(BIN)/python -m setup.freeze

clean: ## caches and build outputs; .venv and results stay
	rm -rf $(CLEANED)
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

distclean: clean ## .venv too
	rm -rf .venv .setup
