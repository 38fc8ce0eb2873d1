"""What pytest loads wherever this package is installed: the suite's plugin, where the suite is asked for.

`--backend` is a word that others use too. Nothing else is imported here, so that whoever measures or
mutates a package comes first.
"""

import pytest

SUITE = "conformance.suite"


def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> None:
    """Load the plugin for `pytest --pyargs conformance.suite`, or for a part of it."""
    modules = {argument.partition("::")[0] for argument in args}
    if any(module == SUITE or module.startswith(f"{SUITE}.") for module in modules):
        early_config.pluginmanager.import_plugin(f"{SUITE}.plugin")
