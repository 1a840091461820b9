# Everything runs from .venv, which the first target that needs it builds: nothing has to be activated or installed.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test lint format bench lock policies-conformance screenshots

VENV := .venv
BIN := $(VENV)/bin
PYTHON := $(BIN)/python
INSTALLED := $(VENV)/.installed
PORT ?= 8000
DATA ?= .demo
REPORTS ?=
ARGS ?=

help: ## Say what there is
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-20s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo "  make demo PORT=8000 DATA=.demo REPORTS=folder-of-OPA-results"
	@echo "  make test ARGS='tests/compliance -k score'"

demo: $(INSTALLED) ## Run Forge Console here, with tenants, users and reports, until Ctrl-C
	@exec $(PYTHON) -m operations.demo --port '$(PORT)' --data '$(DATA)' $(if $(REPORTS),--reports '$(REPORTS)')

test: $(INSTALLED) ## Run the tests against real servers (DATABASE_URL, REDIS_URL: running ones)
ifeq ($(strip $(ARGS)),)
	$(PYTHON) -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder -m 'not alone'
	@# What is held to seconds has the machine to itself.
	$(PYTHON) -m pytest tests/chaos -m alone
else
	@exec $(PYTHON) -m pytest $(ARGS)
endif

# Production settings need their variables; the checks ask nothing of the servers that these name.
PRODUCTION := DJANGO_SETTINGS_MODULE=config.settings.production BASE_DOMAIN=forge.example.com \
	SECRET_KEY=k3Jx9vQ2mZ7pL4wT8sB5nR1dF6gH0yC-uA_eXiOqWjKzVtMlPb \
	FIELD_ENCRYPTION_KEYS=Vb7Yq2LrT9wXk4Zd1MfN8sHc5JgP3uEa \
	DATABASE_URL=postgresql://127.0.0.1:1/forge REDIS_URL=redis://127.0.0.1:1/0

lint: $(INSTALLED) ## Check style, templates, import order, types, migrations and production settings
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@# djlint takes an empty folder for an error.
	if find templates -name '*.html' | grep -q .; then $(BIN)/djlint --quiet --check --lint templates; fi
	$(BIN)/lint-imports
	$(BIN)/mypy .
	@# As the owner, which has no pool: nobody answers, and nobody waits. The tests check the history, they migrate.
	$(PRODUCTION) OWNER_DATABASE_URL=postgresql://127.0.0.1:1/forge $(PYTHON) -W ignore:Got:RuntimeWarning manage.py makemigrations --check --dry-run
	$(PRODUCTION) $(PYTHON) manage.py check --deploy --fail-level WARNING

format: $(INSTALLED) ## Write code and templates the way `make lint` wants them
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	if find templates -name '*.html' | grep -q .; then $(BIN)/djlint --quiet --reformat templates; fi

bench: $(INSTALLED) ## Measure ingest, API and memory, each beside its own floor
	@exec $(PYTHON) -m tests.load.bench $(ARGS)

screenshots: $(INSTALLED) ## Take the pictures in docs/screenshots anew, of a demo of their own
	@exec $(PYTHON) -m tests.e2e.screenshots $(ARGS)

policies-conformance: $(INSTALLED) ## Run the policies and their cases through OPA's own engine too, and compare
	@DJANGO_SETTINGS_MODULE=config.settings.test exec $(PYTHON) -m tests.policies.conformance

lock: $(INSTALLED) ## Write requirements.lock anew from pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--upgrade --group dev --output-file requirements.lock pyproject.toml

# Debian's python3 may lack ensurepip: then its pip installs into the environment from outside.
$(INSTALLED): requirements.lock
	@for candidate in python3 python3.14 python3.13 python3.12 python3.11; do \
		if $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$candidate; break; fi; \
	done; \
	if [ -z "$${found:-}" ]; then echo "Forge Console needs Python 3.11 or newer; there is: $$(python3 --version 2>&1)" >&2; exit 1; fi; \
	echo "Building $(VENV) from requirements.lock (once, about a minute) ..."; \
	if $$found -m venv $(VENV) >/dev/null 2>&1; then pip="$(PYTHON) -m pip"; \
	elif $$found -m pip --version >/dev/null 2>&1 && $$found -m venv --without-pip $(VENV); then pip="$$found -m pip --python $(PYTHON)"; \
	else echo "$$found has neither venv with ensurepip nor pip: install them (on Debian: apt install python3-venv)." >&2; exit 1; fi; \
	$$pip install -qq --disable-pip-version-check --no-input --require-hashes --requirement requirements.lock
	@touch $@
