# One line a target; `.ci/run` does the same from nothing.
BIN := .venv/bin

.PHONY: venv test asterisk types style contracts bench demo check

venv:      ; python3 -m venv .venv && $(BIN)/pip install -e ".[dev]"
test:      ; $(BIN)/pytest
asterisk:  ; $(BIN)/pytest -m asterisk
types:     ; $(BIN)/mypy
style:     ; $(BIN)/ruff check && $(BIN)/ruff format --check
contracts: ; $(BIN)/lint-imports
bench:     ; $(BIN)/python -m conformance.bench
demo:      ; $(BIN)/ami demo
check: types style contracts test
