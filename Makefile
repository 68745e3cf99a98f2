# Needs Go 1.26, and a C compiler for the race detector and the Fluent Bit plugin.
# The tools are built from internal/tools/go.mod and internal/tools/lint/go.mod.

# The builder's own flags, for everything: other flags would compile every
# dependency a second time.
export GOFLAGS     := -trimpath -buildvcs=false
export CGO_ENABLED := 0

SHELL       := /bin/bash
.SHELLFLAGS := -euo pipefail -c

FUZZTIME ?= 30s
TESTFLAGS ?=

# The end-to-end tests mostly wait, so more of them run at a time than there are
# processors.
E2EFLAGS := -parallel=8

TOOL := go tool -modfile=internal/tools/go.mod
LINT := go tool -modfile=internal/tools/lint/go.mod golangci-lint

.PHONY: all check check-cgo test soak build plugin run golden docs fuzz bench clean

all: test

check:
	@bad=$$(find . -name '*.go' -not -path './build/*' | xargs gofmt -l); \
	  if [ -n "$$bad" ]; then echo "not gofmt-clean:"; echo "$$bad"; exit 1; fi
	go vet ./...
	$(LINT) run
	@if command -v gcc >/dev/null; then $(MAKE) --no-print-directory check-cgo; \
	  else echo "no C compiler: what needs cgo is not checked"; fi

# What ./... passes over without cgo. The linter itself is built without, above.
check-cgo:
	CGO_ENABLED=1 go vet -tags=netgo,osusergo,fluent_bit_go ./fluentbit/...
	CGO_ENABLED=1 $$(go tool -modfile=internal/tools/lint/go.mod -n golangci-lint) run --build-tags=netgo,osusergo ./fluentbit/...

# The end-to-end tests run the built binary.
test: check build
	CGO_ENABLED=1 go test -race $(TESTFLAGS) $$(go list ./... | grep -v /e2e)
	go test $(E2EFLAGS) $(TESTFLAGS) $$(go list ./... | grep /e2e)
	$(MAKE) --no-print-directory fuzz FUZZTIME=3s

# The faults of TestFaults again, with outages of a minute and loads of
# millions. For a person to run before a release: half an hour, 2 GB in TMPDIR.
soak: build
	SOAK=1 go test ./e2e $(E2EFLAGS) -run='^TestFaults$$' -timeout=60m -v $(TESTFLAGS)

build: build/otelcol-pam build/pamctl

SOURCES = go.mod go.sum $(shell find $(wildcard cmd connector exporter extension internal processor receiver) \
  -type f -not -name '*_test.go' -not -name '*.md' -not -path '*/testdata/*' -not -path 'internal/tools/*')

build/otelcol-pam: builder-config.yaml internal/tools/go.mod $(SOURCES)
	$(TOOL) builder --config=builder-config.yaml --skip-strict-versioning=false
	@touch $@

build/pamctl: $(SOURCES)
	go build -ldflags='-s -w' -o $@ ./cmd/pamctl
	@touch $@

# Fluent Bit has its own header: the one that go writes is of no use.
plugin: build/out_pam.so

build/out_pam.so: $(SOURCES) $(shell find fluentbit -name '*.go' -not -name '*_test.go')
	CGO_ENABLED=1 go build -buildmode=c-shared -tags=netgo,osusergo -o $@ ./fluentbit
	@rm -f build/out_pam.h
	@touch $@

run: build
	go run ./examples/quickstart

# Rewrites the expected outputs; what changed is for a person to read.
golden:
	go test $$(grep -rl --include='*_test.go' 'flag.Bool("update"' . | xargs -n1 dirname | sort -u) -update
	@git diff --stat

docs:
	go generate ./...

# go test fuzzes one target at a time. Before Go 1.27 its engine may take the end
# of the time for a failure; a finding is reported in other words.
fuzz:
	@mkdir -p build
	@grep -rHo --include='*_test.go' --exclude-dir=build '^func Fuzz[A-Za-z0-9_]*' . | sort | \
	  while IFS=: read -r file func; do \
	    echo "$${func#func }:"; \
	    go test -run='^$$' -fuzz="^$${func#func }$$" -fuzztime=$(FUZZTIME) "$$(dirname "$$file")" </dev/null 2>&1 | \
	      tee build/fuzz.log || grep -qx ' *context deadline exceeded' build/fuzz.log; \
	  done

bench:
	go test -run='^$$' -bench=. -benchmem ./...

clean:
	rm -rf build
