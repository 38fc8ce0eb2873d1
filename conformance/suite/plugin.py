"""The pytest plugin of the suite: the argument `backend`, and how a test runs on it."""

import inspect
from typing import cast

import pytest

from conformance.suite.backends import BACKEND_NAMES, LAWFUL, SuiteBackend, backend_of


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--backend`."""
    parser.addoption(
        "--backend",
        action="append",
        metavar="NAME",
        help=f"Test only this driver ({', '.join(BACKEND_NAMES)}), or one of yours, module:name. Repeatable.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the suite's markers, for a configuration that is not this project's."""
    config.addinivalue_line("markers", "asterisk: needs a real Asterisk (see conformance/asterisk)")
    config.addinivalue_line("markers", "without_laws(reason): skipped on backends whose name ends in -lawful")
    # Here and not where tests are collected: one error for a wrong name, and not one for each file.
    for name in config.getoption("--backend") or ():
        try:
            backend_of(name)
        except Exception as error:  # noqa: BLE001 - of the reader's module, whatever it is
            raise pytest.UsageError(f"--backend: {error}") from None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test of the suite once for each backend."""
    own = any("backend" in mark.args[0] for mark in metafunc.definition.iter_markers("parametrize"))
    if "backend" in metafunc.fixturenames and not own:
        names = metafunc.config.getoption("--backend") or BACKEND_NAMES
        metafunc.parametrize("backend", [_parameter(name, metafunc.definition) for name in names])


def _parameter(name: str, test: pytest.Function) -> object:
    """Return a backend as a parameter; it skips a test marked `without_laws` under the laws."""
    skips = [pytest.mark.skip(reason=str(mark.args[0])) for mark in test.iter_markers("without_laws")]
    return pytest.param(backend_of(name), id=name, marks=skips if name.endswith(LAWFUL) else [])


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test of the suite with its backend's `run`."""
    if "backend" not in pyfuncitem.funcargs or not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    driver = cast("SuiteBackend", pyfuncitem.funcargs["backend"])
    driver.run(pyfuncitem.obj, {name: pyfuncitem.funcargs[name] for name in names})
    return True
