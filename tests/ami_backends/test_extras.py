"""The import of a driver whose loop is missing says how to install it."""

import subprocess
import sys

import pytest

from ami_backends import missing_extra

IMPORT = """
import sys
sys.modules[{extra!r}] = None
try:
    import ami_backends.{extra}
except ImportError as error:
    print(error)
"""


@pytest.mark.parametrize("extra", ["anyio", "gevent"])
def test_a_missing_extra_is_named(extra: str) -> None:
    """The other drivers work without it."""
    run = subprocess.run(
        [sys.executable, "-c", IMPORT.format(extra=extra) + "import ami_backends.selectors"],
        capture_output=True,
        text=True,
        check=True,
    )
    said = f'ami_backends.{extra} needs the extra "{extra}": pip install "ami-proto[{extra}]"\n'
    assert run.stdout == said


def test_an_error_about_another_module_stays_as_it_is() -> None:
    missing = ModuleNotFoundError("No module named 'greenlet'", name="greenlet")
    assert missing_extra(missing, "gevent") is missing
