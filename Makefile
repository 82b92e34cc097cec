# Only Python 3.11 or newer and make are presupposed; scripts/bootstrap.py sees to the rest.
PYTHON ?= python3
ARGS ?=
DO = @$(PYTHON) scripts/bootstrap.py

.DEFAULT_GOAL := help
.PHONY: help setup run test lint bench clean lock

help: ## list what can be made
	@sed -n 's/^\([a-z]*\): ## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST)

setup: ## install everything into this folder (.venv, node_modules); a second time takes no time
	$(DO) setup

run: ## set up, build the demo book on first use, open the console on http://127.0.0.1:8000
	$(DO) run $(ARGS)

test: ## set up, lint, and run every test (ARGS="-k name" for some)
	$(DO) test $(ARGS)

lint: ## style, types and import contracts
	$(DO) lint

bench: ## the benchmarks (ARGS=name for one)
	$(DO) bench $(ARGS)

lock: ## renew the lock files after changing pyproject.toml or package.json
	$(DO) lock $(ARGS)

clean: ## remove what setup built; the data in var/ stays
	$(DO) clean
