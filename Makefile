# SPDX-License-Identifier: Apache-2.0
# The front door. Each target sets up all it needs; the real build is CMake with CMakePresets.json.

PREFIX ?= /usr/local
JOBS ?= $(shell nproc)
GUEST_ARCHES ?= arm64;riscv64
export DEBIAN_FRONTEND = noninteractive

.PHONY: all guests setup demo test test-all matrix asan tsan format tidy bench install clean help

all: ## build the program: build/release/coracle
	@tools/setup build
	@tools/preset release -DCORACLE_TESTS=OFF

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1|/p' Makefile | column -t -s '|'

guests: ## build the program, and what runs inside systems for arm64 and riscv64
	@tools/setup build guests
	@tools/preset release -DCORACLE_TESTS=OFF -DCORACLE_GUEST_ARCHES='$(GUEST_ARCHES)'

setup: ## install the Debian packages that are missing for all targets below
	@tools/setup build test lint

demo: ## from nothing to a Redis system that answers PONG
	@tools/setup build demo
	@tools/preset release -DCORACLE_TESTS=OFF
	@tools/demo build/release/coracle

test: ## build and run the tests
	@tools/setup build test
	@tools/preset dev
	@tools/run-tests build/dev -LE matrix

test-all: test matrix asan tsan ## the tests as they are, every format booted, for longer, and under all sanitizers
	@CORACLE_STRESS=60 tools/run-tests build/dev -R '^(stress|packages)$$'

matrix: ## boot every format in QEMU, on all architectures; takes its time
	@tools/setup build matrix
	@tools/preset dev -DCORACLE_GUEST_ARCHES='$(GUEST_ARCHES)'
	@tools/run-tests build/dev -L matrix

asan: ## run the unit tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@tools/setup build test
	@tools/preset asan
	@tools/run-tests build/asan -LE 'boot|slow'

tsan: ## run the unit tests under ThreadSanitizer
	@tools/setup build test
	@tools/preset tsan
	@tools/run-tests build/tsan -LE 'boot|slow'

format: ## lay out the sources with clang-format
	@tools/setup lint
	@git ls-files -co --exclude-standard '*.cc' '*.h' | xargs clang-format-19 -i

tidy: ## check the sources with clang-tidy
	@tools/setup build test lint
	@tools/preset dev
	@git ls-files -co --exclude-standard 'src/*.cc' 'guest/*.cc' | grep -v _test.cc | \
	    xargs -P $(JOBS) -n 4 clang-tidy-19 -p build/dev --quiet

bench: ## measure the build and the boot of examples/redis-os.yml, pulls and pushes
	@tools/setup build demo test
	@tools/preset release -DCORACLE_TESTS=OFF
	@bench/redis-os build/release/coracle
	@bench/registry build/release/coracle

install: ## install below PREFIX (default /usr/local), with DESTDIR before it
	@test -x build/release/coracle || $(MAKE) all
	@DESTDIR='$(DESTDIR)' cmake --install build/release --prefix '$(PREFIX)'

clean: ## remove all that was built
	rm -rf build
