# Thin: each target sets up what it needs (scripts/setup), then calls CMake.
#   PRESET=release|dev|asan   which build (build/, build-dev/, build-asan/); default release
#   HALIDE_ROOT=DIR           the prefix of an installed Halide 21, instead of the wheel (a build stays with what it found
#                             first until another HALIDE_ROOT or make clean)
#   JOBS=N                    parallel jobs; default the number of processors
SHELL := /bin/bash
PRESET ?= release
JOBS ?= $(shell nproc)
BUILD := $(if $(filter release,$(PRESET)),build,build-$(PRESET))
VENV := build/venv/bin
PYTHON_VENV := build/python-venv
CMAKE := $(VENV)/cmake
CTEST := $(VENV)/ctest
HALOGRAM := $(BUILD)/bin/halogram
DEMO := $(BUILD)/demo
CC ?= cc

.PHONY: help setup configure build demo test test-formulas fuzz bench compare python-environment python-package wheel format check-format lint clean
help:
	@echo "make setup    install what the build needs: Debian packages, pinned wheels in build/venv"
	@echo "make build    set up and build; the program is $(HALOGRAM)"
	@echo "make demo     set up, build two kernel libraries, link them into a small C program, run it on real data"
	@echo "make test     set up, build and run every test"
	@echo "make test-formulas  set up, build and compare FORMULAS=3000 random formulas with IEEE arithmetic, bit for bit (hours)"
	@echo "make fuzz     set up, build and fuzz the front end for FUZZ_SECONDS (3600); what is found lands in $(BUILD)/fuzz"
	@echo "make bench    set up, build and run the benchmarks"
	@echo "make wheel    set up, build, and make a wheel of the Python package in build/wheel"
	@echo "make compare  set up, build and time against torch, scikit-learn, SciPy, FAISS, NumKong, KeOps (installs 6 GB)"
	@echo "make format   format the C and C++ files in place"
	@echo "make lint     check format, then run clang-tidy if it is installed"
	@echo "make clean    remove what was built (build/venv stays)"
	@echo "PRESET=release|dev|asan, JOBS=N, HALIDE_ROOT=DIR (an installed Halide 21) change what these do."

setup:
	@scripts/setup

# A given HALIDE_ROOT replaces the Halide that an earlier configuration found.
configure: setup
	@$(CMAKE) --preset $(PRESET) $(if $(HALIDE_ROOT),-UHalide_DIR -UHalideHelpers_DIR) >/dev/null

build: configure
	@$(CMAKE) --build $(BUILD) -j $(JOBS)

demo: configure
	@$(CMAKE) --build $(BUILD) -j $(JOBS) --target halogram
	@mkdir -p $(DEMO)
	$(HALOGRAM) build --kernel rbf --features 5 -o $(DEMO)
	$(HALOGRAM) build --formula "exp(-gamma * sum(abs(x - y)))" --name l1_exp --features 5 -o $(DEMO)
	$(CC) -std=c99 -O2 -I$(DEMO) examples/demo/demo.c $(DEMO)/librbf.a $(DEMO)/libl1_exp.a -pthread -lm -o $(DEMO)/demo
	$(DEMO)/demo examples/data/digit_probabilities.csv

test: build $(if $(filter release,$(PRESET)),python-package)
	@$(CTEST) --preset $(PRESET) -j $(JOBS)

# SEED=N draws others.
FORMULAS ?= 3000
SEED ?= 1
test-formulas: configure
	@$(CMAKE) --build $(BUILD) -j $(JOBS) --target differential_test
	@printf '%s\n' '*f32*' '*f64*' '*Library*' | HALOGRAM_FORMULAS=$(FORMULAS) HALOGRAM_SEED=$(SEED) \
	    xargs -P $(JOBS) -I {} $(BUILD)/bin/tests/differential_test --gtest_brief=1 --gtest_filter={}

FUZZ_SECONDS ?= 3600
fuzz: configure
	@$(CMAKE) --build $(BUILD) -j $(JOBS) --target formula_fuzz
	@$(BUILD)/bin/tests/formula_fuzz -max_total_time=$(FUZZ_SECONDS) -max_len=1200 -timeout=60 -rss_limit_mb=1024 \
	    -artifact_prefix=$(BUILD)/fuzz/ -dict=$(BUILD)/fuzz/words $(BUILD)/fuzz/found tests/fuzz/corpus $(BUILD)/fuzz/corpus

bench: configure
	@$(CMAKE) --build $(BUILD) -j $(JOBS) --target halogram_benchmarks
	@$(BUILD)/bin/halogram_benchmarks

compare: configure python-environment
	@$(CMAKE) --build $(BUILD) -j $(JOBS) --target halogram
	@$(PYTHON_VENV)/bin/pip install -q --no-deps --require-hashes -r benchmarks/requirements.txt
	@$(PYTHON_VENV)/bin/python benchmarks/compare.py --program $(HALOGRAM) --output build/compare

# The libraries that the Python package works with, for its tests: torch, scikit-learn, GPyTorch and what they need.
python-environment:
	@cmp -s python/requirements.txt $(PYTHON_VENV)/.stamp || { \
	    echo "setup: making $(PYTHON_VENV) with python/requirements.txt (6 GB)" && python3 -m venv --clear $(PYTHON_VENV) && \
	    $(PYTHON_VENV)/bin/pip install -q --disable-pip-version-check --no-deps --require-hashes \
	        -r python/requirements.txt && \
	    $(PYTHON_VENV)/bin/pip check && cp python/requirements.txt $(PYTHON_VENV)/.stamp; }

python-package: wheel python-environment
	@$(PYTHON_VENV)/bin/pip install -q --disable-pip-version-check --no-deps --force-reinstall build/wheel/halogram-*.whl

# The package as a wheel, from what is built already.
wheel: build
	@rm -rf build/wheel
	@$(VENV)/python -m pip wheel -q --disable-pip-version-check --no-build-isolation --no-deps -w build/wheel . \
	    -C build-dir=$(BUILD) -C cmake.define.HALOGRAM_TESTS=ON

SOURCES = $(shell git ls-files --cached --others --exclude-standard -- '*.c' '*.h' '*.cpp')

format: setup
	@$(VENV)/clang-format -i $(SOURCES)

check-format: setup
	@$(VENV)/clang-format --dry-run -Werror $(SOURCES) && echo "format: $(words $(SOURCES)) files as clang-format has them"

lint: check-format configure
	@if command -v clang-tidy >/dev/null; then \
	    $(CMAKE) --build $(BUILD) -j $(JOBS) && \
	    printf '%s\n' $(filter-out tests/% examples/% benchmarks/%,$(filter %.c %.cpp,$(SOURCES))) | \
	        xargs -P $(JOBS) -n 1 clang-tidy --quiet --extra-arg=-Wno-unknown-warning-option -p $(BUILD); \
	else \
	    echo "lint: clang-tidy is not installed (Debian package clang-tidy): skipped"; \
	fi

clean:
	@rm -rf build-dev build-asan; [ ! -d build ] || find build -mindepth 1 -maxdepth 1 ! -name venv -exec rm -rf {} +
