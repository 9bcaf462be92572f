# MotoVaultPro. `make` or `make help` says what there is.
.DEFAULT_GOAL := help
.NOTPARALLEL:
SHELL := /bin/sh

CARGO  ?= cargo
TARGET := $(or $(CARGO_TARGET_DIR),target)
MVP    := $(TARGET)/release/mvp
# What runs: every program of the product.
PROGRAMS := -p mvp -p vehicles-platform -p tenants-platform -p identity -p application -p gateway
# A vehicle-data release to load, instead of the one that comes with the project.
SOURCE ?= services/vehicles-platform/data/vPICList_lite_2026_10.sql.zst
# What `make contract` asks, and how much of each operation.
SERVICES ?=
EXAMPLES ?= 50
CONTRACT := $(TARGET)/contract
ask = $(TARGET)/debug/mvp with-stores -- $(CONTRACT)/bin/python tests/contract/run.py --programs $(TARGET)/debug --examples $(1) $(2)

.PHONY: help
help: ## What there is
	@awk 'BEGIN { FS = ":.*## " } /^## / { printf "\n%s\n", substr($$0, 4) } \
	  /^[a-z][a-z-]*:.*## / { printf "  %-22s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

## Running

.PHONY: setup start stop restart status status-json logs doctor reset
setup: build ## Build everything and install PostgreSQL and Redis if they are missing
	@$(MVP) setup

start: build ## Set up everything and run the product with real vehicle data
	@$(MVP) up --detach

stop: ## Stop the product; data stays
	@if [ -x $(MVP) ]; then $(MVP) down; else echo "Nothing was ever started here."; fi

restart: stop start ## Stop, then start

status: need-mvp ## What runs and how it is
	@$(MVP) status

status-json: need-mvp ## The same as one JSON object, for scripts (use make -s)
	@$(MVP) status --json

logs: need-mvp ## Follow all logs, or one: make logs SERVICE=gateway
	@$(MVP) logs --follow $(SERVICE)

doctor: build ## Look for what could keep the product from running
	@$(MVP) doctor

reset: need-mvp ## Stop the product and delete its data (asks first)
	@$(MVP) reset

.PHONY: certs
certs: ## Write a self-signed certificate for local use to certs/, unless a good one is there
	@command -v openssl >/dev/null || { echo "make certs needs openssl" >&2; exit 1; }
	@mkdir -p certs
	@if openssl x509 -checkend 2592000 -noout -in certs/motovaultpro.com.crt >/dev/null 2>&1 && [ -s certs/motovaultpro.com.key ]; then \
	  echo "certs/motovaultpro.com.crt is good for another month at least."; \
	else \
	  umask 077 && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 365 -sha256 \
	    -subj "/CN=motovaultpro.com" \
	    -addext "subjectAltName=DNS:motovaultpro.com,DNS:*.motovaultpro.com,DNS:localhost,IP:127.0.0.1,IP:::1" \
	    -addext "extendedKeyUsage=serverAuth" \
	    -keyout certs/motovaultpro.com.key -out certs/motovaultpro.com.crt 2>/dev/null && \
	  chmod 600 certs/motovaultpro.com.key && chmod 644 certs/motovaultpro.com.crt && \
	  echo "certs/motovaultpro.com.crt and .key are written."; \
	fi

## Vehicle data and stores

.PHONY: migrate etl-load-manual etl-validate-json etl-releases etl-rollback
migrate: need-mvp ## Apply the migrations that are missing
	@$(MVP) migrate

etl-load-manual: need-mvp ## Load a vehicle-data release now: make etl-load-manual SOURCE=<file or URL>
	@$(MVP) run vehicles-platform etl load "$(SOURCE)"

etl-validate-json: need-mvp ## The validation report of the live release
	@$(MVP) run vehicles-platform etl validate --json

etl-releases: need-mvp ## The releases that are loaded
	@$(MVP) run vehicles-platform etl releases

etl-rollback: need-mvp ## Go back to the release before the live one
	@$(MVP) run vehicles-platform etl rollback

.PHONY: db-shell-app db-shell-vehicles db-shell-tenants redis-shell-app redis-shell-vehicles redis-shell-tenants
db-shell-app: need-mvp ## psql in the application's database
	@$(MVP) psql app

db-shell-vehicles: need-mvp ## psql in the vehicle platform's database
	@$(MVP) psql vehicles

db-shell-tenants: need-mvp ## psql in the tenants platform's database
	@$(MVP) psql tenants

redis-shell-app: need-mvp ## redis-cli in the application's Redis
	@$(MVP) redis-cli app

redis-shell-vehicles: need-mvp ## redis-cli in the vehicle platform's Redis
	@$(MVP) redis-cli vehicles

redis-shell-tenants: need-mvp ## redis-cli in the tenants platform's Redis
	@$(MVP) redis-cli tenants

## Working on it

.PHONY: build test contract check fmt audit bench rebuild clean tool-nextest tool-deny tool-schemathesis
build: ## Build the programs (release)
	@$(CARGO) build --release --locked $(PROGRAMS)

test: tool-nextest tool-schemathesis ## Run every test on real PostgreSQL and Redis (installs them if missing)
	@$(CARGO) build --locked -p mvp
	@$(CARGO) test --workspace --locked --doc --quiet
	@$(TARGET)/debug/mvp with-stores -- $(CARGO) nextest run --workspace --locked
	@$(call ask,5 --seed 1)
	@$(TARGET)/debug/mvp with-stores -- scripts/check-feature-capsule.sh

contract: tool-schemathesis ## Ask the services whatever their API documents permit and forbid: make contract SERVICES=identity EXAMPLES=500
	@$(CARGO) build --locked $(PROGRAMS)
	@$(call ask,$(EXAMPLES),$(SERVICES))

check: audit ## Format, lints with warnings denied, the tree's own rules, dependencies
	@$(CARGO) fmt --all --check
	@$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	@$(CARGO) test --locked --quiet -p test-kit --test tidy

fmt: ## Format everything
	@$(CARGO) fmt --all

audit: tool-deny ## Licences, sources and known vulnerabilities of the dependencies
	@$(CARGO) deny --log-level error --locked check bans licenses sources
	@if $(CARGO) deny --log-level off fetch db >/dev/null 2>&1; then \
	  $(CARGO) deny --log-level error --locked check advisories; \
	else \
	  echo "warning: the advisory database cannot be reached: known vulnerabilities were NOT checked"; \
	fi

bench: build ## Measure beside peers; bench/README.md says what and how
	@bench/run.sh

rebuild: clean build ## Build from nothing

clean: stop ## Stop the product and delete what was built; data and secrets stay
	@$(CARGO) clean

.PHONY: need-mvp
need-mvp:
	@[ -x $(MVP) ] || { echo "Nothing is built yet: run make start."; exit 1; }

tool-nextest:
	@$(CARGO) nextest --version >/dev/null 2>&1 || $(CARGO) install --locked cargo-nextest

tool-schemathesis:
	@tests/contract/venv.sh $(CONTRACT)

tool-deny:
	@$(CARGO) deny --version >/dev/null 2>&1 || $(CARGO) install --locked cargo-deny
