# Everything starts here. `make` alone lists the targets.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
# The newest Python that we run on and that can make environments. A name on PATH may be a stub: it is tried.
PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3; do \
  $$name -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null \
  && echo $$name && break; done)
VENV := .venv
BIN := $(VENV)/bin
stamp = $(VENV)/.$(1)-$(shell cksum < $(2) | cut -d' ' -f1)
RUN_STAMP := $(call stamp,run,requirements.lock)
DEV_STAMP := $(call stamp,dev,requirements-dev.lock)
BROWSER_STAMP := $(call stamp,browser,requirements-browser.lock)

TYPESCRIPT := 5.9.3

.DEFAULT_GOAL := help
.PHONY: help install install-dev browser run test soak-browser check simulate siege soak test-compose bench bench-check lock clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

install: $(RUN_STAMP) ## Create .venv with what Pitboss needs to run

install-dev: $(DEV_STAMP) ## The same with what its tests need

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then \
	  echo "Python 3.11, 3.12 or 3.13 with venv is needed: 'apt install python3-venv' on Debian and Ubuntu, 'brew install python@3.13' on macOS; or set PYTHON=..."; exit 1; fi
	@echo "making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)

# No resolving: the lock names every package with its hashes. pip compiles bytecode, which Ray's agents need
# to start within their deadline.
define install_lock
	@echo "installing $$(grep -c '==' $(1)) packages; the first time this takes a minute or two"
	@$(BIN)/python -m pip install --disable-pip-version-check --no-deps --require-hashes --compile --progress-bar off -r $(1) 2>&1 \
	  | tee $(VENV)/pip.log | awk '/^Collecting / {n++; if (n % 10 == 0) print "  " n " packages looked up"} /^Installing collected/ {print "  unpacking and compiling"} {fflush()}' \
	  || { tail -20 $(VENV)/pip.log; echo "pip failed; the whole log is in $(VENV)/pip.log"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index $(2) . > $(VENV)/pip-self.log 2>&1 \
	  || { cat $(VENV)/pip-self.log; exit 1; }
endef

$(RUN_STAMP): requirements.lock pyproject.toml | $(BIN)/python
	$(call install_lock,requirements.lock,--editable)
	@rm -f $(VENV)/.run-* && touch $@

$(DEV_STAMP): requirements-dev.lock pyproject.toml | $(BIN)/python
	$(call install_lock,requirements-dev.lock,--editable)
	@rm -f $(VENV)/.run-* $(VENV)/.dev-* && touch $@ $(RUN_STAMP)

run: install ## Run everything with a live demo; Ctrl-C stops it
	@$(BIN)/pitboss up

test: check ## Lint, types, contracts and all tests, with real Postgres and real Ray; in a browser where there is one
	@if command -v "$${CHROMIUM:-chromium}" >/dev/null; then $(MAKE) --no-print-directory browser; fi
	$(BIN)/python -m pytest

browser: $(BROWSER_STAMP) ## Install what the browser tests need, but for Chromium

$(BROWSER_STAMP): requirements-browser.lock $(DEV_STAMP)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --progress-bar off -r requirements-browser.lock
	@if command -v npm >/dev/null; then npm install --silent --no-audit --no-fund --prefix $(VENV)/typescript typescript@$(TYPESCRIPT); fi
	@rm -f $(VENV)/.browser-* && touch $@

soak-browser: browser ## Ten minutes of a busy board and 200 flights in Chromium, with what they cost
	BROWSER_TESTS=required BROWSER_SOAK=1 $(BIN)/python -m pytest -q --log-cli-level=INFO --timeout=3600 tests/browser/test_thrift.py

check: install-dev ## Lint, types, import contracts, declared packages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry . --no-ansi

simulate: install-dev ## Evenings with crashes and faults on manual time; SEEDS=10000 for more
	$(BIN)/python -m tests.simulator --seeds $(or $(SEEDS),1000)

siege: install-dev ## Hostile clients beside honest ones, on both engines; SIEGE="--seconds 300" for more
	$(BIN)/python -m tests.siege --engine local --engine ray $(SIEGE)

soak: install-dev ## Real processes killed at random under load, then the books; SOAK="--owners 100" for more
	$(BIN)/python -m tests.soak $(SOAK)

test-compose: install-dev ## The cluster in containers while its parts are killed; needs a Docker engine. COMPOSE="--keep" leaves it
	$(BIN)/python -m tests.compose $(COMPOSE)

bench: install-dev ## Measure; writes docs/benchmarks.md
	$(BIN)/python -m tests.load.bench

bench-check: install-dev ## The single request beside plain servers: fails when it fell behind what was recorded
	$(BIN)/python -m tests.load.check

lock: ## Resolve again and write all locks (needs uv on PATH)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --group build --group dev pyproject.toml --quiet -o requirements-dev.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header -c requirements-dev.lock --group build pyproject.toml --quiet -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header -c requirements-dev.lock --group browser --quiet -o requirements-browser.lock

clean: ## Remove the environment and all data of make run
	rm -rf $(VENV) .pitboss .mypy_cache .ruff_cache .pytest_cache .hypothesis
