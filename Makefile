# `make demo` and `make test` need nothing but a Python: they make .venv by themselves.
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

# The first interpreter on the PATH that we and TensorFlow support.
SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c '$(SUPPORTED)' 2>/dev/null && echo $$python && break; done)

# As many processes as there are cores, each with the tests that others have not begun.
# More threads than one in each, and in those that it starts, wait for each other.
ONE_THREAD := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 \
	TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1
PYTEST := env $(ONE_THREAD) \
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 8 --dist worksteal
# Each process, and each that a test starts, would compile all modules anew without.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test test-all test-jax coverage lint docs

demo: $(INSTALLED)
	@$(BIN)/recs-anomaly demo

test: $(INSTALLED)
	$(PYTEST) -m "not slow"

test-all: $(INSTALLED)
	$(PYTEST) --hypothesis-profile thorough

# Which statements of the package `make test` runs.
coverage: $(INSTALLED)
	$(PYTEST) -m "not slow" --cov recs_anomaly --cov-report term:skip-covered

# Networks trained by JAX instead of TensorFlow; the tests, and their tolerances, are the same.
test-jax: $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,jax]'
	KERAS_BACKEND=jax $(PYTEST) -m "not slow" tests/core tests/base tests/anomaly tests/autoencoder tests/denoise tests/rbm tests/recommend tests/sequences
	$(PYTEST) tests/base/test_backends.py tests/persistence/test_backends.py

lint: $(INSTALLED)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

docs: $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[docs]'
	$(BIN)/python -m sphinx -W --keep-going -b html docs docs/_build/html
	$(BIN)/python docs/check_links.py docs/_build/html

$(INSTALLED): pyproject.toml | $(BIN)/pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@

$(BIN)/pip:
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed; set PYTHON=/path/to/it." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
