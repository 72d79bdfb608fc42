# Full Duplex. `make run` starts the site, `make test` runs the tests; `make help` lists the rest.
.POSIX:
.PHONY: help run test quick lint bench bench-large attacks lock clean python
VENV = .venv
BIN = $(VENV)/bin
# A worker for each processor, and compiled modules are kept: many tests start the program anew.
PYTEST = PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n auto --dist worksteal

help:
	@echo "make run    start the site with a demo community on http://127.0.0.1:8000"
	@echo "make test   lint, types and all tests, on SQLite and PostgreSQL"
	@echo "make quick  lint, types and the fast tests, on SQLite, without a browser: some three minutes on two cores"
	@echo "make lint   lint and types only"
	@echo "make bench  measure the site's speed (ARGS=--write appends it to docs/benchmarks.md)"
	@echo "make bench-large  measure every page in a community of a million replies: ten minutes and 4 GB of disk"
	@echo "make attacks  attack years of published scores, and flood a site: six minutes"
	@echo "make lock   make the lock files anew"
	@echo "make clean  remove the virtual environment and caches; instance/ stays"

run: $(VENV)/.run
	@exec $(BIN)/forum serve --demo

test: $(VENV)/.test
	@sh tests/prepare
	@$(MAKE) -s lint
	$(PYTEST)

quick: $(VENV)/.test
	@$(MAKE) -s lint
	$(PYTEST) -m "not slow and not browser" -k "not postgres"

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/mypy forum

bench: $(VENV)/.test
	$(BIN)/python -m tests.bench $(ARGS)

bench-large: $(VENV)/.test
	$(BIN)/python -m tests.bench.routes $(ARGS)

attacks: $(VENV)/.test
	$(BIN)/python -m tests.attacks.subtraction $(ARGS)
	$(BIN)/python -m tests.attacks.flood

lock: $(VENV)/.test
	$(BIN)/pip install -q uv
	$(BIN)/uv pip compile -q --python-version 3.11 --universal --generate-hashes --no-header --no-emit-index-url --extra postgres --extra redis setup.cfg -o requirements.lock
	$(BIN)/uv pip compile -q --python-version 3.11 --universal --generate-hashes --no-header --no-emit-index-url --extra postgres --extra redis --extra metrics --extra sentry --extra test setup.cfg -o tests/requirements.lock

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

# The first Python of at least 3.11 that is found.
$(BIN)/python:
	@for name in python3.11 python3.12 python3.13 python3.14 python3 python; do \
	  if command -v $$name >/dev/null 2>&1 && $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$name; break; fi; \
	done; \
	if [ -z "$$found" ]; then echo "Python 3.11 or newer is needed, and was not found." >&2; exit 1; fi; \
	$$found -m venv $(VENV) || { echo "On Debian: apt install python3-venv" >&2; rm -rf $(VENV); exit 1; }

$(VENV)/.run: $(BIN)/python requirements.lock setup.cfg
	@echo "Installing what the site needs ..."
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/.test: $(VENV)/.run tests/requirements.lock
	@echo "Installing what the tests need ..."
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r tests/requirements.lock
	@touch $@
