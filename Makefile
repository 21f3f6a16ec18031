# Everything starts here. `make` alone lists the targets.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed-$(shell cksum < requirements.lock | cut -d' ' -f1)

.DEFAULT_GOAL := help
.PHONY: help install run test check simulate soak bench lock clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-10s %s\n", $$1, $$2}'

install: $(STAMP) ## Create .venv from the lock file

# No resolving: the lock names every package with its hashes. pip compiles bytecode, which Ray's agents need
# to start within their deadline.
$(STAMP): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed ($(PYTHON) not found; set PYTHON=...)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --compile -r requirements.lock 2>.venv/pip.log || { cat .venv/pip.log; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index --editable . 2>>.venv/pip.log || { cat .venv/pip.log; exit 1; }
	@rm -f $(VENV)/.installed-* && touch $@

run: install ## Run everything with a live demo; Ctrl-C stops it
	@$(BIN)/pitboss up

test: check ## Lint, types, contracts and all tests, with real Postgres and real Ray
	$(BIN)/python -m pytest

check: install ## Lint, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

simulate: install ## Evenings with crashes and faults on manual time; SEEDS=10000 for more
	$(BIN)/python -m tests.simulator --seeds $(or $(SEEDS),1000)

soak: install ## Real processes killed at random under load, then the books; SOAK="--owners 100" for more
	$(BIN)/python -m tests.soak $(SOAK)

bench: install ## Measure; writes docs/benchmarks.md
	$(BIN)/python -m tests.load.bench

lock: ## Resolve again and write requirements.lock (needs uv on PATH)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --group dev pyproject.toml --quiet -o requirements.lock

clean: ## Remove the environment and all data of make run
	rm -rf $(VENV) .pitboss .mypy_cache .ruff_cache .pytest_cache .hypothesis
