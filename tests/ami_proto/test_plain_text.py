"""R-ACT-02, R-POLICY-01: what a subclass of `str` holds is judged and written, wherever text enters."""

from enum import Enum
from typing import Any

import pytest

from ami_proto import Action, Cluster, Filter, Forbidden, InvalidAction, Policy, ServerConfig, SetupAction
from ami_proto.actions import originate, queue_status
from ami_proto.message import encode
from ami_proto.routes import Failover, Sticky
from ami_proto.values import Secret, plain
from conformance.laws import LawfulCluster
from tests.ami_proto.cluster.fleet import Fleet, configs


class Word(str, Enum):  # noqa: UP042 - not a StrEnum: that one writes itself by its value
    """Members whose `str`, `format` and hash are those of their names."""

    COMMAND = "Command"
    CONTEXT = "Context"
    HALL = "hall"
    OBSERVE = "observe"
    ORIGINATE = "Originate"
    REDIRECT = "Redirect"
    SALES = "sales"
    EAST = "east"


class Liar(str):
    """Text that says everywhere that it is something else."""

    __slots__ = ()

    def __str__(self) -> str:
        return "Command"

    def __format__(self, specification: str) -> str:
        return "Command"

    def lower(self) -> str:
        """Return something else."""
        return "ping"

    def strip(self, chars: str | None = None) -> str:
        """Return something else."""
        return "ping"


def is_plain(*texts: object) -> bool:
    """Tell whether these are exact texts."""
    return {type(each) for each in texts} == {str}


@pytest.mark.parametrize("given", [Word.SALES, Liar("sales"), "sales"])
def test_text_is_made_plain(given: str) -> None:
    """And nothing else is touched."""
    assert plain(given) == "sales"
    assert is_plain(plain(given))
    assert [plain(each) for each in (None, 1, b"x")] == [None, 1, b"x"]


def test_an_action_is_written_as_it_is_judged() -> None:
    """R-POLICY-01: its name and the names of its headers."""
    action = Action(Liar("Setvar"), {Liar("Variable"): "x", Word.SALES: "1"})
    assert action.key == "setvar"
    assert encode(action, "1").split(b"\r\n") == (
        [b"Action: Setvar", b"ActionID: 1", b"Variable: x", b"sales: 1", b"", b""]
    )
    assert is_plain(action.name, action.key, *(each for pair in action.headers for each in pair))


def test_a_member_in_the_place_of_a_name_cannot_hide_a_header() -> None:
    """R-POLICY-01: the context that is judged is the context that is sent."""
    headers: dict[str, str | int] = {"Channel": "x", Word.CONTEXT: Word.HALL, "Exten": "1", "Priority": 1}
    action = Action(Word.REDIRECT, headers)
    assert b"\r\nContext: hall\r\n" in encode(action, "1")
    policy = Policy("operate", contexts=("hall",))
    assert policy.objection(action.name, action.headers) is None


def test_values_and_variables_are_what_they_hold() -> None:
    """R-ACT-02: one by one, repeated, as variables, and with commas between them."""
    action = Action("Originate", {"Queue": Word.SALES}, variables={Word.SALES: Word.HALL})
    assert action.get("Queue") == "sales"
    assert action.get("Variable") == "sales=hall"
    assert Action("X", {"Q": [Word.SALES, Liar("a")]}).headers == (("Q", "sales"), ("Q", "a"))
    assert queue_status(queue=Word.SALES).get("Queue") == "sales"


def test_a_list_with_commas_has_what_its_items_hold() -> None:
    """R-ACT-02: as the same items in headers of their own."""
    assert originate("PJSIP/7", codecs=[Word.SALES, Liar("a")]).get("Codecs") == "sales,a"
    with pytest.raises(InvalidAction, match="a value has a comma"):
        originate("PJSIP/7", codecs=["a", Liar("b,c")])


def test_a_configuration_holds_plain_text() -> None:
    """R-CONF-01: of the server, and of its set-up actions."""
    setup = SetupAction(Word.ORIGINATE, ((Word.CONTEXT, Word.HALL),))
    assert (setup.name, setup.headers) == ("Originate", (("Context", "hall"),))
    assert is_plain(setup.name, *setup.headers[0])
    config = ServerConfig(
        key=Word.EAST, host=Word.EAST, username=Liar("admin"), secret=Word.SALES, events=Liar("call")
    )
    assert is_plain(config.key, config.host, config.username, config.events, config.reveal_secret())
    assert f"{config.username} {Secret(Liar('x')).reveal()}" == "admin x"


def test_a_policy_holds_plain_text() -> None:
    """R-POLICY-01: its profile and its lists."""
    options: dict[str, Any] = {
        "profile": Word.OBSERVE,
        "allow": [Liar("Hangup")],
        "contexts": [Word.HALL],
        "applications": [Liar("Echo")],
        "commands": [Liar("core show version")],
    }
    policy = Policy(**options)
    assert is_plain(policy.profile, *policy.allow, *(policy.contexts or ()), *(policy.commands or ()))
    assert policy.allows_some("Hangup")
    assert not policy.allows_some("DBPut")
    assert policy == Policy(
        "observe", ("Hangup",), applications=("Echo",), contexts=("hall",), commands=("core show version",)
    )
    assert Policy.of(Word.OBSERVE) == Policy("observe")


def test_a_filter_has_plain_patterns() -> None:
    """R-FLOW-01: a name that a program keeps as a member."""
    wanted = Filter(names=(Word.HALL,), block=(Liar("x"),))
    assert is_plain(*wanted.names, *wanted.block)
    assert wanted.accepts("hall")


def test_a_server_is_named_by_what_the_text_holds() -> None:
    """R-CLUSTER-05, R-POLICY-02: as a target, in a route, as its answer, and as who asked."""

    class Fixed:
        def choose(self, servers: object) -> str:
            return Word.EAST

    machine = LawfulCluster(Cluster(configs("east", "west", policy="observe"), seed=1))
    fleet = Fleet(machine).start().wait(1.0)
    action = Action("Ping")
    for to in (Word.EAST, Failover((Word.EAST,)), Fixed()):
        ticket = machine.submit(action, fleet.now, to=to, asked_by=Word.SALES)
        assert (ticket.server, ticket.asked_by) == ("east", "sales")
        assert is_plain(ticket.server, ticket.asked_by)
    chosen = {machine.submit(action, fleet.now, to=Sticky(key)).server for key in (Word.SALES, "sales")}
    assert len(chosen) == 1
    with pytest.raises(Forbidden):
        machine.submit(Action(Liar("DBPut")), fleet.now)
