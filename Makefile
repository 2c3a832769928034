# One target per thing a person or CI wants. `make` alone lists them.
.DEFAULT_GOAL := help

LINT_VERSION := v2.15.0
MODULES      := . examples benchmarks examples/shadow

.PHONY: help
help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

.PHONY: check
check: format tidy vet lint test race examples modules ## everything CI runs

.PHONY: format
format: ## fail if a file is not gofmt'd
	@out=$$(gofmt -l $$(git ls-files '*.go')); test -z "$$out" || { echo "not gofmt'd:"; echo "$$out"; exit 1; }

.PHONY: tidy
tidy: ## fail if a go.mod or go.sum is not tidy
	@for m in $(MODULES); do echo "$$m: go mod tidy -diff"; (cd $$m && GOWORK=off go mod tidy -diff) || exit 1; done

.PHONY: vet
vet: ## go vet, all modules, and the core for other systems
	go vet work
	cd examples/shadow && GOWORK=off go vet ./...
	GOOS=darwin go vet ./rollback ./canary/... ./shadow/...
	GOOS=windows go vet ./rollback ./canary/... ./shadow/...
	GOARCH=386 go vet ./canary/... ./criteria ./rollback ./shadow/...

.PHONY: lint
lint: ## golangci-lint, all modules
	@for m in $(MODULES); do echo "$$m: golangci-lint run"; (cd $$m && GOWORK=off golangci-lint run --config $(CURDIR)/.golangci.yml ./...) || exit 1; done

.PHONY: lint-install
lint-install: ## install golangci-lint
	go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)

.PHONY: lint-version
lint-version:
	@echo $(LINT_VERSION:v%=%)

.PHONY: test
test: ## the tests of the core, simulations included
	go test ./...

.PHONY: race
race: ## all tests of all modules under the race detector, shuffled
	go test -race -shuffle=on work

# Blocks of statements, not branches: that both sides of every condition matter is shown by tables and by the simulated disk, not here.
.PHONY: coverage
coverage: ## fail unless the tests of rollback run every statement of it
	@profile=$$(mktemp) && trap 'rm -f $$profile' EXIT && go test -count 1 -coverprofile=$$profile ./rollback && \
	awk 'NR > 1 && $$NF == 0 && $$(NF-1) > 0 { print "never run: " $$1; missed = 1 } END { exit missed }' $$profile

.PHONY: examples
examples: ## run the examples
	go run ./examples/quickstart
	go run ./examples/rollback
	go run ./examples/feedback
	cd examples/shadow && GOWORK=off go run .

.PHONY: modules
modules: ## build and test each module as its users see it, without the workspace
	@for m in $(MODULES); do echo "$$m: GOWORK=off go build, go test"; (cd $$m && GOWORK=off go build ./... && GOWORK=off go test ./...) || exit 1; done

.PHONY: kill
kill: ## kill a writing process 10,000 times, half a minute
	ROLLBACK_TEST_KILLS=10000 go test -count 1 -timeout 30m -v -run 'TestKillAtAnyMoment' ./rollback

.PHONY: full
full: ## roll back 1,000 times on a full disk: a tmpfs, or the small one at DIR
	ROLLBACK_TEST_TRIPS=1000 ROLLBACK_TEST_SMALL_DISK=$(DIR) go test -count 1 -v -run 'TestTripsOnAReallyFullDisk' ./rollback

.PHONY: power
power: ## lose the power at every point of all histories of up to 6 operations, half a minute
	ROLLBACK_TEST_HISTORY=6 go test -count 1 -timeout 30m -v -run 'TestPowerLossAtEveryPoint' ./rollback

.PHONY: bench
bench: ## what a request costs, over the floor and off the path
	go test -run xxx -bench 'OverFloor|NaiveOver|PerSignal' -benchtime 1x -count 5 ./benchmarks/hotpath
	go test -run xxx -bench Predict -count 5 ./benchmarks/hotpath
	go test -run xxx -bench Fold -count 5 ./canary
	go test -run xxx -bench 'Fold|ManyCriteria' -count 5 ./criteria

.PHONY: shadow
shadow: ## what callers notice of a shadow, six minutes on two cores
	go run ./benchmarks/shadow

.PHONY: report
report: ## a report of 1 GB of pairs: seconds and memory
	go test -run xxx -bench Report -benchtime 1x -timeout 30m ./shadow/report

.PHONY: decisions
decisions: ## how good the decisions are, in full: renews docs/decisions.md, half an hour on two cores
	go run ./benchmarks/decisions -nightly -o docs/decisions.md
