# One line a target; `.ci/run` does the same from nothing.
BIN := .venv/bin

.PHONY: venv test asterisk types style contracts bench peers instructions world long-runs coverage driver-coverage path diagram explore lies mutation planted demo wheels pins check

venv:      ; python3 -m venv .venv && $(BIN)/pip install -e ".[all]" -e "./conformance[suite]" -r tests/requirements.txt
test:      ; $(BIN)/pytest
asterisk:  ; $(BIN)/pytest -m asterisk
types:     ; $(BIN)/mypy
style:     ; $(BIN)/ruff check && $(BIN)/ruff format --check
contracts: ; $(BIN)/lint-imports
bench:     ; $(BIN)/python -m tests.workshop.bench
peers:     ; $(BIN)/python -m tests.workshop.bench.peers --install && $(BIN)/python -m tests.workshop.bench.peers --write-page
instructions: ; $(BIN)/python -m tests.workshop.instructions
path:      ; $(BIN)/python -m tests.workshop.path
diagram:   ; $(BIN)/python -m tests.workshop.diagram
explore:   ; $(BIN)/python -m tests.workshop.explore
world:     ; $(BIN)/python -m conformance.world --seeds 2000
long-runs: ; $(BIN)/python -m conformance.long_runs
coverage:  ; $(BIN)/coverage run --branch --source=ami_proto -m pytest -q tests/ami_proto && $(BIN)/coverage report -m --skip-covered --fail-under=100
driver-coverage: ; $(BIN)/coverage run --rcfile=tests/drivers.coveragerc -m pytest -q --ignore=tests/ami_backends/cli tests/ami_backends conformance/suite -k "not lawful and not monkey_patched and not storm" --backend selectors --backend asyncio --backend gevent && $(BIN)/coverage report --rcfile=tests/drivers.coveragerc
lies:      ; $(BIN)/python -m tests.workshop.lies
mutation:  ; $(BIN)/python -m tests.workshop.mutation
planted:   ; $(BIN)/python -m tests.workshop.planted
demo:      ; $(BIN)/ami demo
wheels:    ; $(BIN)/python -m hatchling build -d dist && cd conformance && ../$(BIN)/python -m hatchling build -d ../dist
pins:      ; { head -n 1 tests/constraints.txt && $(BIN)/pip freeze --exclude-editable; } > tests/.pins && mv tests/.pins tests/constraints.txt
check: types style contracts test
