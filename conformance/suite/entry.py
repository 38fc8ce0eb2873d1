"""The plugin that pytest loads wherever this package is installed. It loads the suite's plugin on demand.

Other plugins may have a `--backend` of their own. And nothing of the product is imported here, because
coverage and mutation testing must start before that.
"""

import pytest

SUITE = "conformance.suite"


def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> None:
    """Load the plugin for `pytest --pyargs conformance.suite`, or for a part of it."""
    modules = {argument.partition("::")[0] for argument in args}
    if any(module == SUITE or module.startswith(f"{SUITE}.") for module in modules):
        early_config.pluginmanager.import_plugin(f"{SUITE}.plugin")
