# `make help` lists the targets. On a fresh machine each of them sets up what it needs.

PYTHON ?= python3
# More processes than this cost more to start than they save.
WORKERS ?= $(shell n=$$(nproc 2>/dev/null || echo 2); [ $$n -lt 8 ] && echo $$n || echo 8)
GROUP ?=
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
COVERAGE_DATA := .coverage
SOURCES := $(shell find pytest_agentchaos tests benchmarks scripts examples power reference_system scenarios \
	-type f -not -path '*/__pycache__/*' -not -path '*/results/*' 2>/dev/null) pyproject.toml constraints.txt

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: setup demo test check static coverage live bench power wheel clean help

setup: $(INSTALLED)  ## make the virtual environment, with pinned versions
	@:

$(INSTALLED): pyproject.toml constraints.txt scripts/setup
	@scripts/setup "$(PYTHON)" "$(VENV)"
	@touch $@

demo: $(INSTALLED)  ## one trip through the real stack, then agents in all kinds of trouble, and their pages (ARGS= for `agentchaos demo`)
	@echo "One trip through the travel system: seven processes on loopback, and who said what to whom."
	@echo
	@$(BIN)/python -m reference_system demo
	@echo
	@rm -rf reports/demo  # results of earlier code would be taken as they are
	@$(BIN)/agentchaos demo $(ARGS)

# `make test` always runs the suite. `make check` takes a run that is newer than every source, so that
# `make check test` runs it once.
ifneq ($(filter test,$(MAKECMDGOALS)),)
.PHONY: $(COVERAGE_DATA)
endif

test: $(COVERAGE_DATA)  ## run the whole suite (WORKERS= processes)
	@:

# pytest imports the plugin before pytest-cov could start, hence `coverage run`: it sees import-time lines too.
$(COVERAGE_DATA): $(INSTALLED) $(SOURCES)
	@rm -f $(COVERAGE_DATA) $(COVERAGE_DATA).*
	@# Bytecode of all that tests and their processes import is made once: while tests run, none is written.
	@$(BIN)/python -m compileall -q -j $(WORKERS) pytest_agentchaos reference_system power examples
	@# pytest keeps its own, also where the environment says not to: what it makes of 800 modules takes 15 s.
	PYTHONDONTWRITEBYTECODE= $(BIN)/coverage run -m pytest -n $(WORKERS)
	@# Processes that tests kill may leave half a data file, of which it would warn after the closing line.
	@PYTHONWARNINGS=ignore $(BIN)/coverage combine --quiet

check: static $(COVERAGE_DATA)  ## lint, format, types, layers, and branch coverage of at least 95%
	@# Silent when it holds (`make coverage` shows it), so that a run ends with the suite's own closing line.
	@report=$$($(BIN)/coverage report 2>&1) || { echo "$$report"; exit 1; }

static: $(INSTALLED)  ## the checks that run no test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

coverage: $(COVERAGE_DATA)  ## show what the last run of the suite covered
	@$(BIN)/coverage report

live: $(INSTALLED)  ## run the catalogue on the real stack, in real time: seven processes, PostgreSQL, a proxy on every edge
	@AGENTCHAOS_LIVE=1 $(BIN)/python -m pytest -q -n $(WORKERS) tests/reference/live

bench: $(INSTALLED)  ## measure against the limits (GROUP=core for one group)
	@$(BIN)/python -m benchmarks $(GROUP)

power: $(INSTALLED)  ## every safeguard off and every planted bug: what finds it? (ARGS= for `python -m power`)
	@$(BIN)/python -m power $(ARGS)

wheel: $(INSTALLED)  ## build the wheel and try it in an empty environment
	@scripts/check_wheel "$(BIN)/python"

clean:  ## remove all that make made
	rm -rf $(VENV) $(COVERAGE_DATA) $(COVERAGE_DATA).* .mypy_cache .ruff_cache .pytest_cache .import_linter_cache \
		.hypothesis dist build benchmarks/results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
