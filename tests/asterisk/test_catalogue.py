"""The catalogue says of real servers what they say of themselves."""

import re

import pytest

from ami_backends.selectors import Client
from ami_proto import Action, ActionFailed, ActionTimeout
from ami_proto.catalogue.action_record import ACTIONS, ActionRecord
from ami_proto.catalogue.releases import has_action, why_missing
from conformance.asterisk.targets import AsteriskTarget
from tests.real_asterisk import client

pytestmark = pytest.mark.asterisk

PRIVILEGES = re.compile(r"\(Priv: ([a-z,]*)\)")

ELSEWHERE = {
    "FilterList": "no source registers it; only the documentation of 11 to 17 has it",
    "Queues": "until 14",
}
"""Actions that servers lack although the catalogue has them for their branch, with the reason."""

UNTRIED = {
    "Login": "a session that is logged in takes any",
    "Setvar": "without a Value it empties the variable, which a program should say",
    "UserEvent": "without a name it sends an event that has none",
}
"""Actions whose required parameters a server does not demand, with the reason why they are required here."""


def release_of(pbx: Client) -> str:
    return pbx.send("CoreSettings")["AsteriskVersion"]


def commands(pbx: Client) -> dict[str, str]:
    """Return the actions that the server has, with their descriptions."""
    response = pbx.send("ListCommands").response
    assert response is not None
    return {name: text for name, text in response.items() if name not in ("Response", "ActionID")}


def loaded(pbx: Client, module: str) -> bool:
    """Whether the module of an action is loaded; those of the core always are."""
    if module == "core":
        return True
    lines = pbx.command(f"module show like {module}.so")
    return any(line.startswith(module) and "Not Running" not in line for line in lines)


def test_each_action_of_the_server_is_known(asterisk: AsteriskTarget) -> None:
    """R-TYPE-04, R-TYPE-06: with the classes that the server names."""
    with client(asterisk) as pbx:
        release = release_of(pbx)
        for name, text in commands(pbx).items():
            record = ACTIONS.get(name.lower())
            assert record is not None, f"{name} is not in the catalogue"
            assert has_action(release, name), why_missing(release, name)
            found = PRIVILEGES.search(text)
            classes = set(found[1].split(",")) if found else set()
            assert classes - {"all", ""} in (set(record.privileges), set()) or not record.privileges, name


def test_each_action_of_the_catalogue_is_there_if_its_module_is(asterisk: AsteriskTarget) -> None:
    """R-TYPE-06: what the release should have and lacks belongs to a module that is not loaded."""
    with client(asterisk) as pbx:
        release, present = release_of(pbx), {name.lower() for name in commands(pbx)}
        missing = [
            record for key, record in ACTIONS.items() if has_action(release, key) and key not in present
        ]
        wrong = [each.name for each in missing if loaded(pbx, each.module) and each.name not in ELSEWHERE]
        assert wrong == []


def test_required_parameters_are_those_that_the_server_demands(asterisk: AsteriskTarget) -> None:
    """R-TYPE-01: without one of them the server refuses the action."""
    accepted: list[str] = []
    with client(asterisk) as pbx:
        present = {name.lower() for name in commands(pbx)}
        for key, record in ACTIONS.items():
            if key in present and record.name not in UNTRIED:
                accepted += [f"{record.name} without {each}" for each in _not_demanded(pbx, record)]
    assert ", ".join(accepted) == ""


def _not_demanded(pbx: Client, record: ActionRecord) -> list[str]:
    """Return the required headers of an action without which the server carries it out."""
    required = [each.header for each in record.parameters if each.required]
    found: list[str] = []
    for left_out in required:
        try:
            pbx.send(Action(record.name, {name: "on" for name in required if name != left_out}), timeout=5)
        except (ActionFailed, ActionTimeout):
            continue
        found.append(left_out)
    return found
