# One line a target; `.ci/run` does the same from nothing.
BIN := .venv/bin

.PHONY: venv test asterisk types style contracts bench world coverage diagram explore mutation demo check

venv:      ; python3 -m venv .venv && $(BIN)/pip install -e ".[dev]"
test:      ; $(BIN)/pytest
asterisk:  ; $(BIN)/pytest -m asterisk
types:     ; $(BIN)/mypy
style:     ; $(BIN)/ruff check && $(BIN)/ruff format --check
contracts: ; $(BIN)/lint-imports
bench:     ; $(BIN)/python -m conformance.bench
diagram:   ; $(BIN)/python -m conformance.diagram
explore:   ; $(BIN)/python -m conformance.explore
world:     ; $(BIN)/python -m conformance.world --seeds 2000
coverage:  ; $(BIN)/coverage run --branch --source=ami_proto -m pytest -q tests/ami_proto && $(BIN)/coverage report -m --skip-covered --fail-under=100
mutation:  ; $(BIN)/python -m conformance.mutation
demo:      ; $(BIN)/ami demo
check: types style contracts test
