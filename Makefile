# `make demo` runs the main job against a simulated site; `make test` runs every check and test.
# Needs python3 (3.11 or newer) with venv, make and git; everything else is installed into .venv.
.DEFAULT_GOAL := help
.PHONY: help demo test everywhere chaos check generate bench format setup clean
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed
JOBS := $(shell nproc 2>/dev/null || echo 2)

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): pyproject.toml constraints.txt
	@command -v python3 >/dev/null || { echo "python3 is missing: apt-get install python3 python3-venv" >&2; exit 1; }
	@command -v git >/dev/null || { echo "git is missing: apt-get install git" >&2; exit 1; }
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "python3 is too old: 3.11 or newer is needed" >&2; exit 1; }
	@python3 -c 'import ensurepip, venv' 2>/dev/null || { echo "python3-venv is missing: apt-get install python3-venv" >&2; exit 1; }
	@test -x $(BIN)/python || python3 -m venv $(VENV)
	@echo "installing into $(VENV) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

setup: $(STAMP) ## install everything into .venv

demo: $(STAMP) ## run the main job against a simulated site, end to end
	@$(BIN)/reconciler demo

# Each core takes half of the tests in their order, so that the tests of a module share what they set up; the core
# that is ready first takes over tests of the other.
PYTEST := $(BIN)/python -m pytest -n $(JOBS) --dist worksteal
# tests/measured.py has which tests run with coverage, which makes them several times slower.
test: check ## run every check, and the tests with coverage
	$(PYTEST) --part unmeasured
	$(PYTEST) --part measured --cov --cov-report=term

everywhere: $(STAMP) ## run the tests of HEAD ten times, as root and as a user, on a busy machine
	$(BIN)/python -m tests.everywhere --times 10

chaos: $(STAMP) ## try random faults for ten minutes, and check what must hold after each
	$(BIN)/python -m tests.chaos

check: $(STAMP) ## check format, lint, types, layers, wording and workflows
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m tests.docs.words
	$(BIN)/actionlint .gitea/workflows/*.yml
	$(BIN)/zizmor --offline --quiet --no-progress --strict-collection --persona auditor --config zizmor.yml .gitea/workflows/*.yml

generate: export UPDATE_GOLDEN = 1
generate: $(STAMP) ## write the generated pages and golden files again
	$(BIN)/python -m tests.blind_spots.limits
	$(BIN)/python -m tests.docs.generate
	$(BIN)/python -m pytest -q tests/report/test_golden.py tests/publish/test_documents.py
	$(BIN)/python -m pytest -q tests/review/test_on_gitea.py::test_the_comment_that_a_reviewer_gets

bench: $(STAMP) ## measure the budgets, each as a ratio to its floor
	$(BIN)/python -m tests.bench

format: $(STAMP) ## apply the formatter and safe fixes
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## remove what the other targets created
	rm -rf $(VENV) public build dist *.egg-info .coverage* .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
