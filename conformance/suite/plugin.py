"""The pytest side: the argument `backend`, and how a test of the suite is run on it."""

import inspect
from typing import cast

import pytest

from conformance.suite.backends import Backend
from conformance.suite.choice import NAMES, backend_of


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the drivers be chosen."""
    parser.addoption(
        "--backend",
        action="append",
        metavar="NAME",
        help=f"Prove only this driver ({', '.join(NAMES)}), or one of yours, module:name. Repeatable.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Name the marker that leaves a real server out, for a configuration that is not ours."""
    config.addinivalue_line("markers", "asterisk: needs a real Asterisk (see conformance/asterisk)")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Have each test of the suite once for each driver."""
    own = any("backend" in mark.args[0] for mark in metafunc.definition.iter_markers("parametrize"))
    if "backend" in metafunc.fixturenames and not own:
        names = metafunc.config.getoption("--backend") or NAMES
        try:
            backends = [backend_of(name) for name in names]
        except (ValueError, ImportError, AttributeError) as error:
            raise pytest.UsageError(f"--backend: {error}") from None
        metafunc.parametrize("backend", backends, ids=names)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test of the suite in the way of its driver."""
    if "backend" not in pyfuncitem.funcargs or not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    driver = cast("Backend", pyfuncitem.funcargs["backend"])
    driver.run(pyfuncitem.obj, {name: pyfuncitem.funcargs[name] for name in names})
    return True
