# SPDX-License-Identifier: Apache-2.0
# The few commands that a newcomer needs; everything else is CMake (see CONTRIBUTING.md).
.DEFAULT_GOAL := help
.PHONY: help demo build test bench format clean
MAKEFLAGS += --no-print-directory

help:
	@echo 'situ: puts objects into images in context, and labels them'
	@echo
	@echo '  make demo     install what is missing, build, insert five objects into a street photo'
	@echo '                (about 15 minutes the first time on two cores, then under 30 seconds)'
	@echo '  make test     build and run every test (about 20 minutes the first time)'
	@echo '  make build    build everything: the program is build/release/situ'
	@echo '  make bench    build and run the benchmarks (about 10 minutes after a build)'
	@echo '  make format   lay out every C++ file with clang-format'
	@echo '  make clean    remove build/ and out/ (.venv stays)'
	@echo
	@echo 'Needs Debian 12 with root or sudo, a network and about 4 GB of disk.'
	@echo 'JOBS=N sets how many compilers run at once; default: one a core, one for each 2 GB of memory.'

demo:
	@tools/setup.sh
	@tools/build.sh situ_program
	@tools/demo.sh

build:
	@tools/setup.sh
	@tools/build.sh

test: build
	@echo 'situ: running the tests, the fast ones first (about 5 minutes on two cores).'
	@ctest --preset release --no-label-summary || { \
	  echo 'situ: tests failed: the lines above name them and show what they printed.' >&2; exit 1; }

bench: build
	@echo 'situ: running the benchmarks (about 10 minutes; leave the machine alone meanwhile).'
	@"$$(find build/release -type f -name situ_benchmarks)"
	@.venv/bin/python benchmarks/runtime/peers.py

format:
	@tools/setup.sh format
	@git ls-files '*.h' '*.cpp' | xargs clang-format -i

clean:
	rm -rf build out
