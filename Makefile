# Everything starts here. Each target does all of its own set-up; a second call is quick, because each step leaves a
# stamp in .venv that depends on its inputs. Needed on the machine: git, make and Python 3.11 or newer.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

VENV := .venv
PYTHON := $(VENV)/bin/python
UV := $(VENV)/bin/uv
export VIRTUAL_ENV := $(CURDIR)/$(VENV)
FRONTEND := $(shell find frontend -path frontend/node_modules -prune -o -type f -print 2>/dev/null)

# A folder for `make serve`, and more words for the other targets: make demo DEMO_ARGS="--customers 5000 --no-serve"
DIR := demo
DEMO_ARGS :=
TEST_ARGS :=
# Processes that share the tests, each file in one of them: more than processors, since many tests wait for something
WORKERS := $(shell echo $$(( $$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2) * 3 / 2 )))
BENCH_ARGS :=

.PHONY: help demo serve test test-long test-spark check bench docs lock clean

help: ## Say what there is.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.product ## Make a simulated company, print the link to its app and serve it.
	$(VENV)/bin/cxloop demo $(DEMO_ARGS)

serve: $(VENV)/.product ## Serve the workspace in DIR (demo, unless said otherwise).
	$(VENV)/bin/cxloop serve --workspace $(DIR)

# The tests start hundreds of programs of ours: without kept bytecode, each of them would compile all of its libraries.
test: export PYTHONDONTWRITEBYTECODE :=
test: export PYTHONPYCACHEPREFIX := $(CURDIR)/$(VENV)/bytecode
test: $(VENV)/.dev $(VENV)/.browser $(VENV)/.servers ## Run all tests.
	$(PYTHON) -m pytest -n $(WORKERS) --dist loadfile $(TEST_ARGS)

test-long: $(VENV)/.dev $(VENV)/.browser $(VENV)/.servers ## Run more of the same: more drawn logs for limits, more screens for pages.
	CXLOOP_LIMIT_EXAMPLES=4 $(PYTHON) -m pytest -n $(WORKERS) --dist loadfile -q --timeout 1200 \
		tests/engines/test_limits_equal_a_smaller_log.py
	$(PYTHON) -m pytest -n $(WORKERS) --dist loadfile -q -m long

# One process: its cluster and its tests would only wait for each other in several.
test-spark: $(VENV)/.spark $(VENV)/.servers ## Run the tests that need a cluster of Spark, which they start themselves.
	$(PYTHON) -m pytest -q tests/spark $(TEST_ARGS)

check: $(VENV)/.dev ## Look for mistakes without running: style, types, documentation.
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(PYTHON) docs/generate.py --check

bench: $(VENV)/.dev $(VENV)/.peers ## Measure every promise of speed and accuracy, and hold it against its limit.
	$(PYTHON) benchmarks/run.py $(BENCH_ARGS)

docs: $(VENV)/.dev ## Write the reference pages anew from the code.
	$(PYTHON) docs/generate.py

lock: $(UV) ## Choose versions anew from pyproject.toml and requirements/*.in.
	scripts/lock.sh $(UV)

clean: ## Remove what was built and installed.
	rm -rf $(VENV) build dist frontend/node_modules src/cxloop/web/static/built
	find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +

$(UV): requirements/bootstrap.txt scripts/python.sh
	"$$(scripts/python.sh)" -m venv $(VENV)
	$(PYTHON) -m pip install --quiet --require-hashes --no-deps -r requirements/bootstrap.txt
	touch $@

$(VENV)/.product: $(UV) requirements/product.txt requirements/build.txt pyproject.toml $(FRONTEND)
	$(UV) pip install --quiet --require-hashes -r requirements/product.txt -r requirements/build.txt
	$(UV) pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.dev: $(VENV)/.product requirements/dev.txt
	$(UV) pip install --quiet --require-hashes -r requirements/dev.txt
	touch $@

$(VENV)/.spark: $(VENV)/.dev requirements/spark.txt scripts/java.sh
	scripts/java.sh
	$(UV) pip install --quiet --require-hashes -r requirements/spark.txt
	touch $@

# Peers need older libraries than the product: an environment of their own, whose python benchmarks start.
$(VENV)/.peers: $(UV) requirements/peers.txt
	"$$(scripts/python.sh)" -m venv $(VENV)/peers
	VIRTUAL_ENV=$(CURDIR)/$(VENV)/peers $(UV) pip install --quiet --require-hashes -r requirements/peers.txt
	touch $@

$(VENV)/.browser: scripts/browser.sh $(UV)
	scripts/browser.sh
	touch $@

$(VENV)/.servers: scripts/servers.sh $(UV)
	scripts/servers.sh
	touch $@
