# What a contributor runs; `make check` is all that CI runs, `make check-all` needs the extra test-all, Java 17 and Chromium beside.
PYTHON ?= python

check:
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	$(PYTHON) -m pytest

check-all: check
	$(PYTHON) -m pytest -m extras

format:
	$(PYTHON) -m ruff format .
	$(PYTHON) -m ruff check --fix .

.PHONY: check check-all format
