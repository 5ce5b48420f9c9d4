# `make demo` and `make test` are all that a newcomer needs: each sets up what it runs on, from python3 alone.
# A second time that costs nothing. make INSTALLER=pip demo does without uv; make PYTHON=python3.12 demo picks the Python.
PYTHON ?= python3
INSTALLER ?= auto
VENV := .venv
BIN := $(VENV)/bin
PYTEST = pytest -q -n auto --dist worksteal
SEED := $(shell date -u +%Y%m%d)
SETUP = $(PYTHON) tools/environment.py --installer $(INSTALLER)

# uv leaves bytecode out, and without it every start takes twice as long: let the first run write it.
unexport PYTHONDONTWRITEBYTECODE
# What an activated environment or a Python path of yours would change.
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME

.DEFAULT_GOAL := help
.PHONY: help setup demo console pictures test test-long coverage lint style types arrows format bench pins policies clean environment-lost

help: ## List what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/.ready ## Set up .venv, and say what to do next
	@echo 'Ready. Next:'
	@echo '  . .venv/bin/activate    puts rolelab on the PATH'
	@echo '  rolelab up              makes the lab'
	@echo '  rolelab console         is the lesson in a browser, by hand'
	@echo '  rolelab --help          says what else there is'

demo: $(VENV)/.ready ## Watch the whole lesson happen, offline (ARGS=--pause waits before each step)
	@$(BIN)/python -m rolelab demo $(ARGS)

console: $(VENV)/.ready ## Do the lesson in a browser, offline (ARGS=--open opens it)
	@$(BIN)/python -m rolelab console $(ARGS)

pictures: $(VENV)/.ready-dev ## Take the pictures of the README again, from the real thing
	@$(BIN)/python tools/pictures.py

test: $(VENV)/.ready-dev ## Run the tests, in a few minutes (ARGS='-k trust' runs some)
	@$(BIN)/python -m $(PYTEST) $(ARGS)

test-long: $(VENV)/.ready-dev ## Run the long seeded tests, another seed each day (SEED=20261128 runs that day's again, WHOLE=1 all days)
	@echo 'seed $(SEED): make test-long SEED=$(SEED) runs the same again'
	@ROLELAB_SEED=$(SEED) ROLELAB_WHOLE=$(WHOLE) $(BIN)/python -m $(PYTEST) -m 'long or hypothesis' \
		--hypothesis-profile long --hypothesis-seed $(SEED) $(ARGS)

coverage: $(VENV)/.ready-dev ## Run the tests and print what part of the code they ran
	@rm -rf $(VENV)/coverage && mkdir $(VENV)/coverage
	@$(BIN)/coverage run -m $(PYTEST) $(ARGS)
	@$(BIN)/coverage combine --quiet && $(BIN)/coverage report

lint: style types arrows ## Check style, format, types and the arrows between modules

style: $(VENV)/.ready-dev
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .

types: $(VENV)/.ready-dev
	$(BIN)/basedpyright --level error

arrows: $(VENV)/.ready-dev
	@$(BIN)/lint-imports --cache-dir $(VENV)/import-linter >$(VENV)/arrows.log 2>&1 || { cat $(VENV)/arrows.log; exit 1; }

format: $(VENV)/.ready-dev ## Put the format right, and what else ruff can
	$(BIN)/ruff check --quiet --fix .
	$(BIN)/ruff format --quiet .

bench: $(VENV)/.ready-dev ## Measure, every figure as a ratio within the run (BENCH=full: 1,000 and 5,000 learners too)
	@$(BIN)/python -m bench $(BENCH)

pins: $(VENV)/.ready-dev ## Write constraints.txt again from the requirements, with uv
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh tools/pins

policies: $(VENV)/.ready-dev ## Write AWS's managed policies again, from the moto that is pinned
	@$(BIN)/python -m tools.managed_policies

clean: ## Stop the local AWS and remove all that was made here
	@if test -x $(BIN)/python && test -d .rolelab; then $(BIN)/python -m rolelab local stop || true; fi
	rm -rf $(VENV) .rolelab .pytest_cache .ruff_cache .hypothesis build *.egg-info *.bench.json
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps are younger than what they were made from; a lost or moved environment is recreated all the same.
sound := $(shell test -x $(BIN)/python && grep -qxF '$(CURDIR)' $(VENV)/.ready $(VENV)/.ready-dev 2>/dev/null && echo yes)
ifneq ($(sound),yes)
$(VENV)/.ready $(VENV)/.ready-dev: environment-lost
endif

$(VENV)/.ready: requirements.txt constraints.txt pyproject.toml tools/environment.py
	@$(new-enough) && $(SETUP)

$(VENV)/.ready-dev: requirements.txt requirements-dev.txt requirements-aws-cli.txt constraints.txt \
		pyproject.toml tools/environment.py
	@$(new-enough) && $(SETUP) --dev

# A shim of pyenv is on PATH, and does not run where its version is not installed.
define new-enough
{ command -v $(PYTHON) >/dev/null || { echo "error: no $(PYTHON) on PATH: install Python 3.10 or newer" >&2; exit 1; }; } && \
	{ version=$$($(PYTHON) -c 'import platform; print(platform.python_version())' 2>/dev/null) && test -n "$$version" || \
	{ echo "error: $(PYTHON) is on PATH and does not run ($(PYTHON) --version says why): \
	make PYTHON=python3.12 $(MAKECMDGOALS)" | tr -s '\t ' ' ' >&2; exit 1; }; } && \
	{ $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "error: $(PYTHON) is \
	$$version, the lab needs 3.10 or newer: \
	make PYTHON=python3.12 $(MAKECMDGOALS)" | tr -s '\t ' ' ' >&2; exit 1; }; }
endef
