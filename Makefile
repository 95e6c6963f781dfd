# make run    set everything up and run the platform        make check   format, lint, types, layers
# make test   set everything up and pass the tests          make bench   measure the promises
#                                                            make chaos   kill it 200 times and count the rows
PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup run test check bench chaos lock clean

setup: .venv/run.done

.venv/run.done: requirements/run.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Candela needs Python 3.11 or newer, found " + sys.version.split()[0] + ": make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

.venv/dev.done: .venv/run.done requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

run: setup
	$(BIN)/candela up

# The page is tested in a browser, the store also on Debian's PostgreSQL: installed where they are missing and we may.
test: .venv/dev.done
	@command -v chromium >/dev/null && test -d /usr/lib/postgresql || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
		&& apt-get update -qq >/dev/null && apt-get install -y -qq chromium postgresql >/dev/null 2>&1; } \
		|| echo "without Chromium and PostgreSQL some tests will be skipped (apt-get install chromium postgresql)"
	$(BIN)/pytest -n auto --maxprocesses 4 --dist worksteal

check: .venv/dev.done
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/dev.done
	$(BIN)/python -m benchmarks

chaos: .venv/dev.done
	$(BIN)/python -m tests.chaos 200

lock: .venv/dev.done
	$(BIN)/pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -q --upgrade -o requirements/run.txt
	$(BIN)/uv pip compile pyproject.toml --extra dev -c requirements/run.txt --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -q -o requirements/dev.txt

clean:
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
