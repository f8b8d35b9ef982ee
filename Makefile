# Everything a person or a machine runs here. `make help` lists it.
.DEFAULT_GOAL := help
SHELL := /bin/bash
BIN := .venv/bin
PYTEST := $(BIN)/pytest
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-annotate --no-header

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /\1\t/' | expand -t 16

run: install  ## everything, from nothing to serving on http://127.0.0.1:8000 (PORT, DEMO=0, OILA_VAR)
	@exec $(BIN)/python manage.py up

install:  ## the environment alone, in .venv
	@.ci/install requirements.txt

install-dev:
	@.ci/install requirements-dev.txt

demo: install  ## forms, accounts and two tablets, into the database of the environment
	@$(BIN)/python manage.py demo

test: install-dev  ## the default suite, with engines and a worker of its own
	@$(PYTEST) -n 2 --dist loadfile --no-loadscope-reorder

check: install-dev lint types contracts migrations-check test  ## all that must hold before a commit

lint: install-dev  ## format and style, without changing anything
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

fix: install-dev  ## format, and repair what can be repaired
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

types: install-dev  ## mypy, strict
	@$(BIN)/mypy

contracts: install-dev  ## who may import whom
	@$(BIN)/lint-imports

migrations-check: install-dev
	@$(BIN)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run

migrations: install-dev  ## write the migrations that the models need
	@$(BIN)/python -W ignore::RuntimeWarning manage.py makemigrations

messages: install-dev  ## words of the interface from the sources into locale/, and compile them
	@$(BIN)/python -m tests.messages

test-browser: install-dev  ## the pages in a real browser (Chromium)
	@$(PYTEST) -m browser

test-spark: install-dev  ## the same weights on Spark as on DuckDB; needs a Java
	@.venv/bin/uv pip install -q --require-hashes -r requirements-spark.txt
	@$(PYTEST) -n 0 -m spark tests/surveys/linkage

bench: install-dev  ## how fast, on this machine: a table, and var/bench.json
	@$(BIN)/python -m tests.benchmarks
	@$(BIN)/python -m tests.benchmarks.odata

storm: install-dev  ## kills web, worker, Redis and PostgreSQL for a minute; nothing may be lost
	@$(BIN)/python -m tests.storm

lock: install-dev  ## newer pins, within what requirements*.in allow; the files name no host
	@$(BIN)/$(LOCK) --upgrade requirements-uv.in -o requirements-uv.txt
	@$(BIN)/$(LOCK) --upgrade requirements.in -o requirements.txt
	@$(BIN)/$(LOCK) --upgrade requirements-dev.in -o requirements-dev.txt
	@$(BIN)/$(LOCK) --upgrade requirements-spark.in -o requirements-spark.txt

.PHONY: help run install install-dev demo test check lint fix types contracts migrations-check \
        migrations test-browser test-spark bench storm lock
