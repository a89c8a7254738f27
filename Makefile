# Two commands do all the set-up there is: `make benchmark` and `make test`.

SWIFT ?= swift
# Options for the benchmark: make benchmark ARGS="--profile quick"
ARGS ?=
# Where what is optimised is built. A folder of its own lets that go on beside the build of the tests, as in .ci/run: two builds
# in one folder wait for one another.
OPTIMISED ?= .build
# More for optimised builds, and for those of the tests: CI leaves out what only debuggers read.
OPTIMISED_BUILD ?=
DEBUG_BUILD ?=

.DEFAULT_GOAL := help
.PHONY: help benchmark test test-release examples example-service lint format warnings machine-code sanitize fuzz report-check baseline \
  comparison verify-seeds jemalloc

help:
	@echo "make benchmark [ARGS=...]  install libjemalloc-dev if it is missing, then: swift package benchmark ARGS"
	@echo "make test [TESTS=...]      install libjemalloc-dev if it is missing, then run the tests, module after module"
	@echo "make test-release          the library's tests as the optimiser leaves it"
	@echo "make examples              build the examples and see that the suite knows them"
	@echo "make example-service       build and test the HTTP service in Examples/Service"
	@echo "make lint                  check the format of all Swift files"
	@echo "make format                format all Swift files"
	@echo "make warnings              build everything in debug with warnings as errors"
	@echo "make machine-code          look for retains, allocations and indirect calls on the hot paths"
	@echo "make sanitize [SANITIZERS=...] [SANITIZED=...]  run the library's tests, module after module, under each sanitizer"
	@echo "make fuzz [FUZZERS=...]    give random inputs to readers and queues, FUZZ_SECONDS (20) each; needs libFuzzer's runtime"
	@echo "make report-check          show report.html to Chromium, and the CSV files to pandas and DuckDB"
	@echo "make baseline              measure results/baseline and results/baseline-quick anew (on a quiet machine)"
	@echo "make verify-seeds [RUNS=...]  verify all that is built in with a hundred seeds (results/verification; 25 minutes, quiet machine)"
	@echo "make comparison            record anew how often comparisons of revisions err (results/comparison; quiet machine)"

benchmark: jemalloc
	$(SWIFT) package --scratch-path $(OPTIMISED) $(OPTIMISED_BUILD) benchmark $(ARGS)

# One module after the other: each has a thousand cases that run at the same time, and all of them together would have each
# other wait for longer than tests that look for hangs allow. What failed is printed last, where people look.
LIBRARY = ConcurrencySupport BoundedQueues RateLimiters CircuitBreakers FlowControl BackpressureMonitoring BackpressureTesting
SUITE = BackpressureBenchmark CommandLine
TESTS ?= $(LIBRARY) $(SUITE)
TEST_LOGS = .build/test-logs
test: jemalloc
	$(SWIFT) build --build-tests $(DEBUG_BUILD)
	@mkdir -p $(TEST_LOGS)
	@for module in $(TESTS); do \
	  log="$(TEST_LOGS)/$$module.txt"; \
	  printf '%s: ' "$$module"; \
	  if $(SWIFT) test --skip-build --filter "^$${module}Tests\." > "$$log" 2>&1; then tail -n 1 "$$log"; else \
	    echo "failed; the last lines of $$log:"; tail -n 20 "$$log"; \
	    echo; echo "What failed in $$module:"; grep -aE '✘|error:|Fatal error|with unexpected signal' "$$log" | cut -c 1-600; exit 1; \
	  fi; \
	done

test-release: jemalloc
	$(SWIFT) test -c release -Xswiftc -enable-testing --scratch-path .build/release-tests \
	  --filter 'ConcurrencySupportTests|BoundedQueuesTests|RateLimitersTests|CircuitBreakersTests|BackpressureTestingTests'

# CppPeers isn't among them: it needs the libraries that it wraps.
examples: jemalloc
	$(SWIFT) build --package-path Examples/BringYourOwnQueue
	Examples/BringYourOwnQueue/.build/debug/OwnQueueBenchmark list | grep -w array
	$(CC) -Wall -Wextra -Werror -O2 -shared -fPIC -I Sources/CForeignImplementations/include \
	  -o Examples/BringYourOwnQueueInC/libexample.so Examples/BringYourOwnQueueInC/queue.c

# A package of its own, with Hummingbird: its first build takes some minutes.
example-service:
	$(SWIFT) test --package-path Examples/Service --disable-xctest

lint:
	$(SWIFT) format lint --strict --recursive --parallel Package.swift Sources Tests Plugins

format:
	$(SWIFT) format --in-place --recursive --parallel Package.swift Sources Tests Plugins

# Only where objdump reads x86-64: the names of instructions differ elsewhere.
machine-code: jemalloc
	@case "$$(uname -s)-$$(uname -m)" in \
	  Linux-x86_64) $(SWIFT) build --scratch-path $(OPTIMISED) $(OPTIMISED_BUILD) -c release --product HotPaths && \
	    Tests/HotPaths/check $(OPTIMISED)/release/HotPaths;; \
	  *) echo "make machine-code: only on Linux, x86-64";; esac

warnings: jemalloc
	BACKPRESSURE_WARNINGS_AS_ERRORS=1 $(SWIFT) build --build-tests $(DEBUG_BUILD)

# One test after the other: all at once, ten times slower as they are, each waits for the moment in which nothing happens any
# more, which the others keep from coming. The address sanitizer looks for leaks, too, where the system has that.
SANITIZERS ?= thread address
SANITIZED ?= $(LIBRARY)
sanitize:
	@for sanitizer in $(SANITIZERS); do \
	  BACKPRESSURE_LIBRARY_ONLY=1 $(SWIFT) build --build-tests --sanitize $$sanitizer --scratch-path .build/sanitize-$$sanitizer || exit 1; \
	  for module in $(SANITIZED); do \
	    echo "$${module}Tests, $$sanitizer sanitizer"; \
	    TSAN_OPTIONS="suppressions=$(CURDIR)/.ci/thread-sanitizer.supp" BACKPRESSURE_LIBRARY_ONLY=1 \
	      $(SWIFT) test --skip-build --disable-xctest --no-parallel --sanitize $$sanitizer \
	      --scratch-path .build/sanitize-$$sanitizer --filter "^$${module}Tests\." || exit 1; \
	  done; \
	done

# FUZZERS="queues csv": those alone. FUZZ_INPUT=FILE with one of them: that input once, to see again what went wrong.
FUZZERS ?=
FUZZ_SECONDS ?= 20
fuzz: jemalloc
	@SWIFT="$(SWIFT)" FUZZ_SECONDS="$(FUZZ_SECONDS)" FUZZ_INPUT="$(FUZZ_INPUT)" Tests/Fuzzing/run $(FUZZERS)

# Screenshots and pages go to REPORT_CHECK. The page is looked at as a run's, and with names as hostile as they may get.
REPORT_CHECK ?= .build/report-check
report-check: jemalloc
	@if [ -z "$(CHROMIUM)" ] && ! command -v chromium chromium-browser google-chrome >/dev/null 2>&1; then \
	  command -v apt-get >/dev/null 2>&1 || { echo "Chromium is needed; CHROMIUM=/path/to/it says where it is" >&2; exit 1; }; \
	  SUDO=; [ "$$(id -u)" = 0 ] || SUDO=sudo; \
	  echo "Installing chromium"; \
	  $$SUDO apt-get update -qq && $$SUDO env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; \
	fi
	$(SWIFT) build --product backpressure-benchmark
	for one in results/baseline Tests/ReportPage/results; do \
	  .build/debug/backpressure-benchmark report --results $$one --output $(REPORT_CHECK)/$$(basename $$one) \
	    --junit $(REPORT_CHECK)/$$(basename $$one)/junit.xml || exit 1; \
	done
	Tests/ReportPage/check $(REPORT_CHECK) --self-test $(REPORT_CHECK)/baseline/report.html
	Tests/ReportPage/check $(REPORT_CHECK) $(REPORT_CHECK)/baseline/report.html $(REPORT_CHECK)/results/report.html
	@[ -x $(REPORT_CHECK)/python/bin/python ] || python3 -m venv $(REPORT_CHECK)/python
	$(REPORT_CHECK)/python/bin/python -m pip install --quiet pandas duckdb
	$(REPORT_CHECK)/python/bin/python Tests/ReportPage/tables.py results/*/ Tests/ReportPage/results

baseline: jemalloc
	$(SWIFT) package benchmark run --profile standard --output results/baseline
	$(SWIFT) package benchmark run --profile quick --repetitions 5 --output results/baseline-quick

# A right implementation must never be called wrong: each run has another seed; ends with the first that fails.
RUNS ?= 100
verify-seeds: jemalloc
	$(SWIFT) package benchmark verify --runs $(RUNS) --output results/verification $(ARGS)

# Blocks of a tool against itself and against a slower one, and what comparisons of them would have said.
comparison: jemalloc
	$(SWIFT) build -c release --product BrokenImplementations
	results/comparison/record $(CURDIR)/.build/release/BrokenImplementations

# The allocator whose accounting the suite reads. Installed where a package manager is known and it isn't there yet.
jemalloc:
	@if ls /usr/include/jemalloc/jemalloc.h /usr/local/include/jemalloc/jemalloc.h /opt/homebrew/include/jemalloc/jemalloc.h 2>/dev/null | grep -q .; then :; \
	elif command -v apt-get >/dev/null 2>&1; then \
	  SUDO=; [ "$$(id -u)" = 0 ] || SUDO=sudo; \
	  echo "Installing libjemalloc-dev"; \
	  $$SUDO apt-get update -qq && $$SUDO env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq libjemalloc-dev >/dev/null; \
	elif command -v brew >/dev/null 2>&1; then brew install jemalloc; \
	else echo "jemalloc's header was not found; install jemalloc with its header files (Debian: libjemalloc-dev)" >&2; exit 1; fi
