# `make` alone lists what there is. Node 20 or later starts everything; what is installed brings Node 24 with it.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

DEMO ?= main
ONCE ?=
# A folder with the binaries of DexTokenBroker and ext-authz-token-exchange, to compare with.
PEERS ?=
QUICK ?=
# Numbers of marks, separated by commas; all by default.
MARKS ?=
# Further parameters for vitest, such as a reporter or the name of a file.
TEST_FLAGS ?=

FILTER_SOURCES := $(shell find filter -name '*.ts') asconfig.json
# npm writes this file last, so it is newer than the lockfile exactly when what is installed is what is locked.
INSTALLED := node_modules/.package-lock.json
BUILT := build/.built

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(BUILT) ## See it work: real Envoy, an OAuth server, control and a backend (ONCE=1 exits after the first round)
	@exec node tools/demo/main.ts $(DEMO) $(if $(ONCE),--once)

.PHONY: build
build: $(BUILT) ## Compile the filter to build/

.PHONY: size
size: $(BUILT) ## Say how large the modules for Envoy are, raw and with gzip
	@node tools/size/main.ts

.PHONY: package
package: $(BUILT) ## Put what a release holds into build/release/: modules, images, chart, SBOM, checksums (needs Go)
	@rm -rf build/release
	@sh tools/package/release.sh "$$(node -p "require('./package.json').version")" build/release

.PHONY: test
test: $(BUILT) ## Run all tests that need no Go: unit, contract, simulated host, real Envoy
	@vitest run --project unit --project end-to-end $(TEST_FLAGS)

# Those of the end-to-end tests that an identity provider has a say in.
DEX_TESTS := smoke demo exchange expiry ext-authz jwt policy-files replacement workers

.PHONY: test-dex
test-dex: $(BUILT) ## Run the end-to-end tests against a real Dex, built with Go the first time
	@sh tools/dex/build.sh >/dev/null
	@IDP=dex vitest run --project end-to-end $(DEX_TESTS) $(TEST_FLAGS)

.PHONY: test-collector
test-collector: $(BUILT) ## Run the tests of traces and metrics against the official OpenTelemetry collector, built with Go the first time
	@sh tools/otel-collector/build.sh
	@OTLP=collector vitest run test/control/telemetry/spans.test.ts test/control/telemetry/metrics.test.ts test/end-to-end/tracing.test.ts $(TEST_FLAGS)

.PHONY: test-gateway
test-gateway: $(BUILT) ## Run the tests of deploy/envoy-gateway/ against the real Envoy Gateway, built with Go the first time
	@for each in envoy-gateway egctl check-manifests; do sh tools/envoy-gateway/build.sh $$each >/dev/null; done
	@vitest run --project gateway $(TEST_FLAGS)

.PHONY: test-k8s
test-k8s: $(BUILT) ## Run the tests against a real Kubernetes API server, built with Go the first time
	@sh tools/kube-apiserver/build.sh >/dev/null
	@vitest run --project kubernetes $(TEST_FLAGS)

.PHONY: test-istio
test-istio: $(BUILT) ## Validate deploy/istio with Istio's own code, and run it with real Envoy; builds with Go the first time
	@sh tools/istio/build.sh > /dev/null
	@vitest run --project istio $(TEST_FLAGS)

.PHONY: test-helm
test-helm: $(BUILT) ## Run the tests of deploy/helm/ and deploy/kubernetes/ with the real helm, kubectl and API server, built with Go the first time
	@for each in helm kubectl; do sh tools/helm/build.sh $$each >/dev/null; done
	@sh tools/kube-apiserver/build.sh >/dev/null
	@sh tools/custom-resources/collect.sh >/dev/null
	@vitest run --project helm $(TEST_FLAGS)

.PHONY: test-browser
test-browser: $(BUILT) ## Run the tests of the login in a real browser, with both OAuth servers (IDP=embedded or IDP=dex: with one)
	@[ "$${IDP:-}" = embedded ] || sh tools/dex/build.sh >/dev/null
	@CHROMIUM="$$(sh tools/chromium/ensure.sh)" vitest run --project browser $(TEST_FLAGS)

.PHONY: test-packages
test-packages: $(BUILT) ## Run the tests of what a release holds: images, modules, chart, workflows; builds with Go the first time
	@for each in wasm-image crane; do sh tools/wasm-image/build.sh $$each >/dev/null; done
	@sh tools/helm/build.sh helm >/dev/null
	@for each in actionlint istio fetch-module/envoy-gateway; do sh tools/$$each/build.sh >/dev/null; done
	@vitest run --project packages $(TEST_FLAGS)

.PHONY: test-docs
test-docs: $(BUILT) ## Run the commands of README.md and docs/ as they stand there, in namespaces of Linux; builds with Go the first time
	@node tools/envoy/main.ts >/dev/null
	@for each in helm kubectl; do sh tools/helm/build.sh $$each >/dev/null; done
	@sh tools/envoy-gateway/build.sh egctl >/dev/null
	@for each in func-e kube-apiserver dex otel-collector istio; do sh tools/$$each/build.sh >/dev/null; done
	@sh tools/custom-resources/collect.sh >/dev/null
	@sh tools/pages/alone.sh vitest run --project docs $(TEST_FLAGS)

.PHONY: test-valkey
test-valkey: $(BUILT) ## Run the tests of the cache that replicas share against a real Valkey or Redis server, Debian's where there is none
	@VALKEY_SERVER="$$(sh tools/valkey/ensure.sh)" vitest run --project valkey $(TEST_FLAGS)

.PHONY: envoy
envoy: $(INSTALLED) ## Print the path of an Envoy 1.40, getting one first when there is none
	@node tools/envoy/main.ts

.PHONY: check
check: $(INSTALLED) ## Check style, types, dead exports, import boundaries, documents
	@status=0; for each in style types exports rules; do npm run --silent check:$$each || status=1; done; exit $$status

.PHONY: compare
compare: $(BUILT) ## Send the same JWTs to DexTokenBroker 0.9.1 and to ours (PEERS=folder with its binary)
	@node tools/compare/main.ts "$(PEERS)"

.PHONY: compare-exchange
compare-exchange: $(BUILT) ## Ask ext-authz-token-exchange and ours the same, with a real API server built with Go (PEERS=folder with its binary)
	@node tools/compare/exchange/main.ts "$(PEERS)"

.PHONY: bench
bench: $(BUILT) build/bench/empty.wasm ## Measure what we and the alternatives add to a request (PEERS=folder with their binaries, QUICK=1: two minutes)
	@sh bench/load/ensure.sh
	@node bench/main.ts --peers="$(PEERS)" --marks="$(MARKS)" $(if $(QUICK),--quick)

build/bench/empty.wasm: bench/stack/empty.as.ts $(INSTALLED)
	@mkdir -p build/bench
	@asc $< --outFile $@ -O3 --runtime stub --use abort= --noAssert

.PHONY: format
format: $(INSTALLED) ## Format the sources
	@npm run --silent format

.PHONY: clean
clean: ## Remove what was built and installed here (Envoy and what Go built stay where they are cached)
	rm -rf build coverage node_modules

$(INSTALLED): package-lock.json
	@node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' \
	  || { echo "Node 20 or later is needed to start: see https://nodejs.org" >&2; exit 1; }
	@echo "installing dependencies (again only when the lockfile changes)" >&2
	@npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2
	@node tools/node/link.js
	@touch $@

$(BUILT): $(FILTER_SOURCES) $(INSTALLED) package.json
	@echo "compiling the filter" >&2
	@npm run --silent build >&2
	@touch $@
