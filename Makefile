# Each target sets up .venv by itself when it is missing or older than what it is made from.
# Needs Python 3.11 or later, pip and make. Another interpreter: make test PYTHON=python3.12

PYTHON ?= python3
EXTRAS = learned,fast,formats,app,dask,dev
VENV = .venv
BIN = $(VENV)/bin
READY = $(VENV)/.csmri-ready
PEERS = $(VENV)/.peers-ready
PACKAGES = csmri solvers learned
SOURCES = $(PACKAGES) tests $(wildcard examples)

# Two test processes of one thread each: no oversubscribed cores, and the same sums on every machine.
WORKERS ?= 2
ONE_THREAD = OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1

.DEFAULT_GOAL := help
.PHONY: help compare test lint format reference benchmark test-gpu benchmark-gpu

help:
	@echo "make compare    reconstruct the unseen person with every method; table and figure in results/compare/"
	@echo "make test       the whole test suite"
	@echo "make lint       formatting, lint and types, changing nothing"
	@echo "make format     write the formatting and the lint fixes that are safe"
	@echo "make reference  the reference of the public names, as HTML in results/reference/"
	@echo "make test-gpu   the tests that want a GPU; GPU_PYTHON=python3 runs them in that one's packages"
	@echo "make benchmark-gpu   times on a GPU; table in results/benchmark-gpu/"
	@echo "make benchmark  time the hot paths, then the solvers beside other toolkits; OPTIONS=--quick"

# The build backend is installed beside the rest, so that the package builds from it with nothing fetched again.
$(READY): pyproject.toml constraints.txt
	$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt hatchling editables
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-build-isolation --editable '.[$(EXTRAS)]'
	touch $@

compare: $(READY)
	$(BIN)/csmri compare

test: $(READY)
	$(ONE_THREAD) $(BIN)/python -m pytest --numprocesses=$(WORKERS) --dist=worksteal --benchmark-disable

lint: $(READY)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/pyright

format: $(READY)
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix $(SOURCES)

# The front door of each package, and the rooms of csmri that users name.
PUBLIC = csmri $(addprefix csmri.,baselines calibration constraints datasets formats masks metrics operators \
	phantoms regularizers statistics weights) solvers learned

reference: $(READY)
	$(BIN)/pdoc --docformat numpy --output-directory results/reference $(PUBLIC)

# The toolkits that the benchmark compares with, and by name what they import: nothing is resolved.
$(PEERS): tests/benchmarks/peers.txt $(READY)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-deps --requirement $<
	touch $@

benchmark: $(READY) $(PEERS)
	$(ONE_THREAD) $(BIN)/python -m pytest tests/benchmarks --override-ini=python_files='benchmark_*.py' --benchmark-only
	PYTHONPATH=tests $(BIN)/python -m benchmarks.run $(OPTIONS)

# CuPy is for the user to choose by CUDA's version: .venv/bin/pip install 'csmri[gpu]', or cupy-cuda13x.
GPU_PYTHON ?= $(BIN)/python
GPU_STEP = PYTHON="$(GPU_PYTHON)" sh tests/benchmarks/gpu_all.sh

test-gpu: $(if $(filter $(BIN)/python,$(GPU_PYTHON)),$(READY))
	$(GPU_STEP) about twins follow laws

benchmark-gpu: $(if $(filter $(BIN)/python,$(GPU_PYTHON)),$(READY))
	$(GPU_STEP) about bench sigpy
