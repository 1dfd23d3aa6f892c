# Thin: each target sets up what it needs, then calls CMake.
SHELL := /bin/bash
BUILD ?= build
CMAKE := build/venv/bin/cmake
CTEST := build/venv/bin/ctest

.PHONY: help setup build test clean
help:
	@echo "make setup   install what the build needs (Debian packages, pinned wheels in build/venv)"
	@echo "make build   set up and build"
	@echo "make test    set up, build and run every test"
	@echo "make clean   remove what was built (build/venv stays)"

setup:
	@scripts/setup

build: setup
	@root="$${HALIDE_ROOT:-$$(build/venv/bin/python -c 'import os, halide; print(os.path.dirname(halide.__file__))')}"; \
	lib=$$( [ -d "$$root/lib64/cmake/Halide" ] && echo lib64 || echo lib ); \
	$(CMAKE) -S . -B $(BUILD) -G Ninja -DCMAKE_MAKE_PROGRAM=$(CURDIR)/build/venv/bin/ninja \
	  -DHalide_DIR="$$root/$$lib/cmake/Halide" -DHalideHelpers_DIR="$$root/$$lib/cmake/HalideHelpers"
	@$(CMAKE) --build $(BUILD)

test: build
	@$(CTEST) --test-dir $(BUILD) --output-on-failure -j 2

clean:
	@rm -rf build/CMakeCache.txt build/CMakeFiles build/bin build/lib build/generators build/tests
