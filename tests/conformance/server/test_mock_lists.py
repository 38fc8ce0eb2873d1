"""The mock's lists: what its inventory has is what they tell, in every odd form that Asterisk has for it."""

import pytest
from talking import logged_in

from conformance.server import MockServer
from conformance.server.fixtures import Frame, Talk
from conformance.server.inventory import Agent, Mailbox, Presence
from conformance.server.inventory.dialplan import Directive, Priority, read
from conformance.server.inventory.files import categories
from conformance.server.inventory.sheets import Sheet


@pytest.fixture
def talk() -> Talk:
    """Give a session without events on a mock of 22."""
    return logged_in(MockServer(), events="off")


def ask(talk: Talk, action: str, *headers: str) -> list[Frame]:
    return talk.say(f"Action: {action}", "ActionID: a1", *headers)


def test_items_of_iax_peers_do_not_say_whose_they_are(talk: Talk) -> None:
    talk.server.world.inventory.iax_peers.append("carol")
    start, item, end = ask(talk, "IAXpeers")
    assert "ObjectName: carol" in item
    assert ["ActionID: a1" in frame for frame in (start, item, end)] == [True, False, True]


def test_items_that_end_with_their_action_id(talk: Talk) -> None:
    inventory = talk.server.world.inventory
    inventory.agents.append(Agent("agent-one", "Agent One"))
    inventory.mailboxes["1000@default"] = Mailbox("1000", new=2)
    inventory.modules["res_mwi_external_ami.so"] = True
    for action, *headers in (["Agents"], ["MWIGet", "Mailbox: /10"], ["BridgeTechnologyList"]):
        assert ask(talk, action, *headers)[1][-1] == "ActionID: a1"


def test_an_error_stands_in_the_middle_of_an_endpoint(talk: Talk) -> None:
    talk.server.world.inventory.endpoints["bob"].broken = True
    start, error, end = ask(talk, "PJSIPShowEndpoint", "Endpoint: bob")
    assert "EventList: start" in start
    assert "Response: Error" in error
    assert "ListItems: 1" in end


def test_one_action_has_two_responses(talk: Talk) -> None:
    frames = ask(talk, "JabberSend", "Jabber: a", "ScreenName: b", "Message: c")
    assert [frame[0] for frame in frames] == ["Response: Success", "Response: Error"]


def test_one_bad_request_has_three_errors(talk: Talk) -> None:
    assert [frame[0] for frame in ask(talk, "ModuleLoad")] == ["Response: Error"] * 3


def test_statistics_of_iax_are_an_empty_line(talk: Talk) -> None:
    talk.session.receive(b"Action: IAXnetstats\r\nActionID: a1\r\n\r\n", 0.0)
    assert talk.session.transmit() == b"\r\n"


def test_a_presence_says_its_message_twice(talk: Talk) -> None:
    talk.server.world.inventory.presence["CustomPresence:ann"] = Presence("away", "lunch", "back")
    (frame,) = ask(talk, "PresenceState", "Provider: CustomPresence:ann")
    assert frame[2:] == [
        "Message: Presence State",
        "State: away",
        "Subtype: lunch",
        "Message: back",
        "PresenceMessage: back",
    ]


def test_actions_come_and_go_with_their_module(talk: Talk) -> None:
    def known(action: str) -> bool:
        listed = any(line.startswith(f"{action}: ") for line in ask(talk, "ListCommands")[0])
        assert listed is ("Invalid/unknown command" not in ask(talk, action)[0][-1])
        return listed

    assert (known("VoicemailUsersList"), known("IAXpeers")) == (False, True)
    ask(talk, "ModuleLoad", "Module: app_voicemail.so", "LoadType: load")
    ask(talk, "ModuleLoad", "Module: chan_iax2.so", "LoadType: unload")
    assert (known("VoicemailUsersList"), known("IAXpeers")) == (True, False)


def test_voicemail_without_users_is_a_success_and_no_list(talk: Talk) -> None:
    talk.server.world.inventory.modules["app_voicemail.so"] = True
    (frame,) = ask(talk, "VoicemailUsersList")
    assert frame[0] == "Response: Success"
    assert not [line for line in frame if line.startswith("EventList")]
    talk.server.world.inventory.mailboxes["1000@default"] = Mailbox("1000", full_name="Zoë")
    assert "Fullname: Zoë" in ask(talk, "VoicemailUsersList")[1]


@pytest.mark.parametrize(("banner", "known"), [("5.0.4", True), ("7.0.0", True), ("11.0.0", False)])
def test_sip_ends_with_20(banner: str, known: bool) -> None:
    (answer, *_) = ask(logged_in(MockServer(banner=banner), events="off"), "SIPpeers")
    assert ("EventList: start" in answer) is known


def test_what_is_added_to_the_dialplan_is_shown_until_it_is_removed(talk: Talk) -> None:
    row = ["Context: dyn", "Extension: 1", "Priority: 1", "Application: NoOp"]
    ask(talk, "DialplanExtensionAdd", *row, "ApplicationData: x")
    _, item, end = ask(talk, "ShowDialPlan", "Context: dyn")
    assert item[2:] == [*row, "AppData: x", "Registrar: pbx_config"]
    assert end[-3:] == ["ListExtensions: 1", "ListPriorities: 1", "ListContexts: 1"]
    ask(talk, "DialplanExtensionRemove", *row[:2])
    assert ask(talk, "ShowDialPlan", "Context: dyn")[0][-1] == "Message: Did not find context dyn"


def test_an_extension_shows_the_state_of_its_device(talk: Talk) -> None:
    world = talk.server.world
    world.inventory.dialplan.append(Priority("default", "door", "hint", "Custom:door"))
    world.inventory.device_states["Custom:door"] = "RINGING"
    (frame,) = ask(talk, "ExtensionState", "Exten: door")
    assert frame[-3:] == ["Hint: Custom:door", "Status: 8", "StatusText: Ringing"]


def test_a_file_tells_its_lines(talk: Talk) -> None:
    talk.server.world.inventory.files["a.conf"] = "lost = 1\n[one]\nx = 1\ny => 2\n[one]\n"
    assert [(each.name, each.lines) for each in categories("[one]\nx = 1\n")] == [("one", [("x", "1")])]
    (frame,) = ask(talk, "GetConfig", "Filename: a.conf")
    assert frame[2:] == [
        "Category-000000: one",
        "Line-000000-000000: x=1",
        "Line-000000-000001: y=2",
        "Category-000001: one",
    ]
    (frame,) = ask(talk, "GetConfigJSON", "Filename: a.conf")
    assert frame[-1] == 'JSON: {"one":{"x":"1","y":"2"},"one":{}}'


# the texts behind the data


def test_a_sheet_knows_its_releases() -> None:
    sheet = Sheet("A: 1\n20+ B: 2\n16- B: 3\nC:")
    assert sheet.fill({"C": 4}, 16) == [("A", "1"), ("B", "3"), ("C", 4)]
    assert sheet.fill({"A": None}, 22) == [("B", "2"), ("C", "")]


def test_a_sheet_refuses_what_it_does_not_have() -> None:
    with pytest.raises(ValueError, match="no D"):
        Sheet("A: 1").fill({"D": 1})
    with pytest.raises(ValueError, match="not a line"):
        Sheet("A")


def test_a_dialplan_is_read_as_it_is_written() -> None:
    rows = list(read("[demo] pbx_ael\nexten => s,1(here),Set(F(x)=y)\ninclude => other"))
    assert rows == [
        Priority("demo", "s", "1", "Set", "F(x)=y", "here", "pbx_ael"),
        Directive("demo", "IncludeContext", "other", "pbx_ael"),
    ]
    with pytest.raises(ValueError, match="not a line"):
        list(read("[demo] pbx_ael\nexten => s"))
