# The AWS Assistant's commands. `make` alone lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Compiled with the install: where Python writes no bytecode (PYTHONDONTWRITEBYTECODE), each start would compile it again.
CODE := shared services sandbox cli

.DEFAULT_GOAL := help
.PHONY: help up demo test bench profile chaos fuzz lint-api spectral check format lock catalog operations resource-types eval eval-search functions findings pages screenshots errors settings iam aws-tables clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

up: $(VENV)/local ## Run everything on this machine against the sandbox, until Ctrl-C
	@exec $(BIN)/python -m sandbox.stack up $(if $(wildcard .env),--env-file .env)

demo: $(VENV)/local ## Run everything, ask every kind of question once, print the transcript, stop
	@exec $(BIN)/python -m sandbox.stack demo

# These need nothing that another one of them has, so that they run side by side, the longest first; what starts a
# whole stack has the machine alone.
BESIDE := tests/integration tests/contract tests/unit
test: $(VENV)/dev ## Run all tests, or those that PYTEST_ARGS names
ifdef PYTEST_ARGS
	$(BIN)/python -m pytest $(PYTEST_ARGS)
else
	$(BIN)/python -m pytest --numprocesses logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(BESIDE)
	$(BIN)/python -m pytest $(BESIDE:%=--ignore=%)
endif

bench: $(VENV)/dev ## Measure what a call costs, each against a floor of the same run (docs/performance.md; QUICK=1 ONLY=hop,start)
	$(BIN)/python -m tests.bench $(if $(QUICK),--quick) $(if $(ONLY),--only $(ONLY))

profile: $(VENV)/dev ## Show where the gateway, or another service, spends its time under load (SERVICE=info_tools)
	$(BIN)/python -m tests.bench.profile $(if $(SERVICE),--service $(SERVICE))

chaos: $(VENV)/dev ## Kill processes at every moment, under load, and check that every change happens once (PLANS= SECONDS= KILLS= SEED= DEADLINE=)
	$(BIN)/python -m tests.chaos $(if $(PLANS),--plans $(PLANS)) $(if $(SECONDS),--seconds $(SECONDS)) \
	  $(if $(KILLS),--kills $(KILLS)) $(if $(SEED),--seed $(SEED)) $(if $(DEADLINE),--deadline $(DEADLINE))

fuzz: $(VENV)/dev ## Send generated requests to every route and check every answer against the OpenAPI document (EXAMPLES= SECONDS=)
	$(BIN)/python -m tests.e2e.fuzzing $(if $(EXAMPLES),--examples $(EXAMPLES)) $(if $(SECONDS),--seconds $(SECONDS))

lint-api: $(VENV)/dev spectral ## Lint the OpenAPI document with spectral; needs Node.js with npm
	$(BIN)/python -m pytest tests/contract/test_openapi.py

# The linter itself: `make test` uses it where it is.
spectral:
	@command -v npm >/dev/null || { echo "Node.js with npm is needed (Debian: apt-get install nodejs npm)" >&2; exit 1; }
	npm ci --prefix tests/contract/spectral --no-audit --no-fund --ignore-scripts

check: $(VENV)/dev ## Check format, lint, types and import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --num-workers auto
	$(BIN)/lint-imports

format: $(VENV)/dev ## Format the code and sort its imports
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

catalog: $(VENV)/dev ## Generate shared/catalog.json and docs/tools.md from the code
	$(BIN)/python -m scripts.catalog

operations: $(VENV)/dev ## Generate shared/aws_operations/: what botocore and AWS's action data say of every operation (ten seconds)
	$(BIN)/python -m scripts.aws_operations

eval: $(VENV)/dev ## Ask 60 questions over the sandbox's account, of the model of OPENAI_BASE_URL and OPENAI_MODEL (VARIANT= ONLY=)
	$(BIN)/python -m tests.evaluation.answers $(if $(VARIANT),--variant $(VARIANT)) $(if $(ONLY),--only "$(ONLY)")

resource-types: $(VENV)/dev ## Generate shared/resource_types/types.db: the schemas of AWS's resource types, from cfn-lint (ten seconds)
	$(BIN)/python -m scripts.resource_types

eval-search: $(VENV)/dev ## Measure how often the search over AWS's operations finds the right one (docs/search.md)
	$(BIN)/python -m tests.evaluation.search

functions: $(VENV)/dev ## Generate shared/broker/library.lua, the functions that run inside Redis, from every lua/*.lua
	$(BIN)/python -m scripts.redis_functions

findings: $(VENV)/dev ## Generate the table of codes in docs/findings.md from the policy linter
	$(BIN)/python -m scripts.finding_codes

errors: $(VENV)/dev ## Generate the table of error codes in docs/api.md from the code
	$(BIN)/python -m scripts.errors

settings: $(VENV)/dev ## Generate the table of settings in docs/operations.md from the settings classes
	$(BIN)/python -m scripts.settings_table

pages: $(VENV)/dev ## Generate the plan pages in README.md and docs/plans.md from the code
	$(BIN)/python -m scripts.plan_pages

screenshots: $(VENV)/dev ## Take the pictures of the web page in docs/images, in Chromium on a stack of their own
	$(BIN)/python -m tests.e2e.screenshots

iam: $(VENV)/dev ## Generate docs/iam/: each worker's least-privilege policy, and the role a customer creates
	$(BIN)/python -m scripts.iam_policies

aws-tables: $(VENV)/dev ## Generate what the executor knows of Lambda's runtimes and of AWS's common managed policies
	$(BIN)/python -m scripts.lambda_runtimes
	$(BIN)/python -m scripts.managed_reach

lock: $(VENV)/dev ## Resolve the lock files again (UPGRADE=1 for newer versions)
	PATH="$(CURDIR)/$(BIN):$$PATH" requirements/lock.sh

clean: ## Remove everything that these commands created
	rm -rf $(VENV) .local .mypy_cache .ruff_cache .pytest_cache

# Each installed set of packages has a stamp file; it is installed again when its lock file changes.
$(VENV)/%: requirements/%.lock
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed (make PYTHON=/path/to/python3)" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; $(PYTHON) is older (make PYTHON=/path/to/python3)" >&2; exit 1; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV) || { echo "Python's venv module is needed (Debian: apt-get install python3-venv)" >&2; exit 1; }
	@echo "installing requirements/$*.lock (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@$(BIN)/python -m compileall -q $(CODE)
	@touch $@
