# Two commands matter: `make run` shows the main job, `make test` checks everything.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header

.DEFAULT_GOAL := help
.PHONY: help run test acceptance lint bench docs lock clean environment dev-environment

help: ## list what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | column -t -s "$$(printf '\t')"

environment:
	@$(PYTHON) deploy/bootstrap.py $(VENV) requirements/run.lock

dev-environment:
	@$(PYTHON) deploy/bootstrap.py $(VENV) requirements/dev.lock requirements/ecp.lock

run: environment ## set up and run the main job on embedded defaults (a report in demo-report/)
	@$(BIN)/flexgate demo --report demo-report

test: dev-environment ## set up and run the whole test suite
	@$(BIN)/pytest -n auto

acceptance: dev-environment ## what takes longer than tests may: 1,000 congested gates, a week of rolling gates, 5,000 converted documents, 200 faults of gateways and documents
	@FLEXGATE_ACCEPTANCE=1 $(BIN)/pytest -n auto tests/optimiser/test_random_comparisons.py tests/conformance/test_cases.py
	@FLEXGATE_TEST_STORE=postgresql $(BIN)/pytest -n auto tests/intake tests/processes tests/delivery
	@$(BIN)/python -m benchmarks.promise --json
	@$(BIN)/python -m benchmarks.meaning --json
	@$(BIN)/python -m benchmarks.conformance --json
	@$(BIN)/python -m benchmarks.rolling_gates --gates 672 --json
	@FLEXGATE_EXAMPLES=100 $(BIN)/pytest -n auto --timeout 3600 tests/web/test_every_request.py

lint: dev-environment ## style, types, layers, generated bindings
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m esmp.generate --check
	@$(BIN)/python -m cim_profiles.generate --check

bench: dev-environment ## run every benchmark; each prints JSON with a ratio against its baseline
	@$(BIN)/python -m benchmarks

docs: dev-environment ## check that every link and example in the documentation holds
	@$(BIN)/pytest tests/docs

lock: dev-environment ## renew requirements/*.lock from pyproject.toml
	@$(LOCK) pyproject.toml requirements/build.in --extra grid --extra report -o requirements/run.lock
	@$(LOCK) pyproject.toml requirements/build.in --extra dev -o requirements/dev.lock
	@$(LOCK) requirements/ecp.in -o requirements/ecp.lock

clean: ## remove what was made
	@rm -rf $(VENV) demo-report build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
