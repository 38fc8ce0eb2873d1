"""The mock's lists show its inventory, in every odd format of Asterisk."""

import pytest

from conformance.mock import MockServer
from conformance.mock.fixtures import FrameLines, MockClient
from conformance.mock.inventory import Agent, Presence, VoicemailBox
from conformance.mock.inventory.config_files import categories
from conformance.mock.inventory.contexts import Directive, Priority, read_contexts
from conformance.mock.inventory.header_templates import HeaderTemplate
from tests.talking import logged_in


@pytest.fixture
def client() -> MockClient:
    """Log in to a mock of 22, without events."""
    return logged_in(MockServer(), events="off")


def ask(client: MockClient, action: str, *headers: str) -> list[FrameLines]:
    return client.request(f"Action: {action}", "ActionID: a1", *headers)


def test_items_of_iax_peers_have_no_action_id(client: MockClient) -> None:
    client.server.state.inventory.iax_peers.append("carol")
    start, item, end = ask(client, "IAXpeers")
    assert "ObjectName: carol" in item
    assert ["ActionID: a1" in frame for frame in (start, item, end)] == [True, False, True]


def test_items_that_end_with_their_action_id(client: MockClient) -> None:
    inventory = client.server.state.inventory
    inventory.agents.append(Agent("agent-one", "Agent One"))
    inventory.mailboxes["1000@default"] = VoicemailBox("1000", new=2)
    inventory.modules["res_mwi_external_ami.so"] = True
    for action, *headers in (["Agents"], ["MWIGet", "Mailbox: /10"], ["BridgeTechnologyList"]):
        assert ask(client, action, *headers)[1][-1] == "ActionID: a1"


def test_an_error_stands_in_the_middle_of_an_endpoint(client: MockClient) -> None:
    client.server.state.inventory.endpoints["bob"].broken = True
    start, error, end = ask(client, "PJSIPShowEndpoint", "Endpoint: bob")
    assert "EventList: start" in start
    assert "Response: Error" in error
    assert "ListItems: 1" in end


def test_one_action_has_two_responses(client: MockClient) -> None:
    frames = ask(client, "JabberSend", "Jabber: a", "ScreenName: b", "Message: c")
    assert [frame[0] for frame in frames] == ["Response: Success", "Response: Error"]


def test_one_bad_request_has_three_errors(client: MockClient) -> None:
    assert [frame[0] for frame in ask(client, "ModuleLoad")] == ["Response: Error"] * 3


def test_statistics_of_iax_are_an_empty_line(client: MockClient) -> None:
    client.session.receive(b"Action: IAXnetstats\r\nActionID: a1\r\n\r\n", 0.0)
    assert client.session.transmit() == b"\r\n"


def test_a_presence_has_its_message_twice(client: MockClient) -> None:
    client.server.state.inventory.presence["CustomPresence:ann"] = Presence("away", "lunch", "back")
    (frame,) = ask(client, "PresenceState", "Provider: CustomPresence:ann")
    assert frame[2:] == [
        "Message: Presence State",
        "State: away",
        "Subtype: lunch",
        "Message: back",
        "PresenceMessage: back",
    ]


def test_actions_come_and_go_with_their_module(client: MockClient) -> None:
    def known(action: str) -> bool:
        listed = any(line.startswith(f"{action}: ") for line in ask(client, "ListCommands")[0])
        assert listed is ("Invalid/unknown command" not in ask(client, action)[0][-1])
        return listed

    assert (known("VoicemailUsersList"), known("IAXpeers")) == (False, True)
    ask(client, "ModuleLoad", "Module: app_voicemail.so", "LoadType: load")
    ask(client, "ModuleLoad", "Module: chan_iax2.so", "LoadType: unload")
    assert (known("VoicemailUsersList"), known("IAXpeers")) == (True, False)


def test_voicemail_without_users_is_a_plain_success(client: MockClient) -> None:
    client.server.state.inventory.modules["app_voicemail.so"] = True
    (frame,) = ask(client, "VoicemailUsersList")
    assert frame[0] == "Response: Success"
    assert not [line for line in frame if line.startswith("EventList")]
    client.server.state.inventory.mailboxes["1000@default"] = VoicemailBox("1000", full_name="Zoë")
    assert "Fullname: Zoë" in ask(client, "VoicemailUsersList")[1]


@pytest.mark.parametrize(("banner", "known"), [("5.0.4", True), ("7.0.0", True), ("11.0.0", False)])
def test_sip_ends_with_20(banner: str, known: bool) -> None:
    (answer, *_) = ask(logged_in(MockServer(banner=banner), events="off"), "SIPpeers")
    assert ("EventList: start" in answer) is known


def test_an_added_extension_is_shown_until_it_is_removed(client: MockClient) -> None:
    row = ["Context: dyn", "Extension: 1", "Priority: 1", "Application: NoOp"]
    ask(client, "DialplanExtensionAdd", *row, "ApplicationData: x")
    _, item, end = ask(client, "ShowDialPlan", "Context: dyn")
    assert item[2:] == [*row, "AppData: x", "Registrar: pbx_config"]
    assert end[-3:] == ["ListExtensions: 1", "ListPriorities: 1", "ListContexts: 1"]
    ask(client, "DialplanExtensionRemove", *row[:2])
    assert ask(client, "ShowDialPlan", "Context: dyn")[0][-1] == "Message: Did not find context dyn"


def test_an_extension_shows_the_state_of_its_device(client: MockClient) -> None:
    world = client.server.state
    world.inventory.dialplan.append(Priority("default", "door", "hint", "Custom:door"))
    world.inventory.device_states["Custom:door"] = "RINGING"
    (frame,) = ask(client, "ExtensionState", "Exten: door")
    assert frame[-3:] == ["Hint: Custom:door", "Status: 8", "StatusText: Ringing"]


def test_a_file_is_sent_line_by_line(client: MockClient) -> None:
    client.server.state.inventory.files["a.conf"] = "lost = 1\n[one]\nx = 1\ny => 2\n[one]\n"
    assert [(each.name, each.lines) for each in categories("[one]\nx = 1\n")] == [("one", [("x", "1")])]
    (frame,) = ask(client, "GetConfig", "Filename: a.conf")
    assert frame[2:] == [
        "Category-000000: one",
        "Line-000000-000000: x=1",
        "Line-000000-000001: y=2",
        "Category-000001: one",
    ]
    (frame,) = ask(client, "GetConfigJSON", "Filename: a.conf")
    assert frame[-1] == 'JSON: {"one":{"x":"1","y":"2"},"one":{}}'


# parsers of the data


def test_a_template_has_the_headers_of_a_release() -> None:
    template = HeaderTemplate("A: 1\n20+ B: 2\n16- B: 3\nC:")
    assert template.fill({"C": 4}, 16) == [("A", "1"), ("B", "3"), ("C", 4)]
    assert template.fill({"A": None}, 22) == [("B", "2"), ("C", "")]


def test_a_template_refuses_unknown_headers() -> None:
    with pytest.raises(ValueError, match="no D"):
        HeaderTemplate("A: 1").fill({"D": 1})
    with pytest.raises(ValueError, match="not a line"):
        HeaderTemplate("A")


def test_a_dialplan_is_parsed_line_by_line() -> None:
    rows = list(read_contexts("[demo] pbx_ael\nexten => s,1(here),Set(F(x)=y)\ninclude => other"))
    assert rows == [
        Priority("demo", "s", "1", "Set", "F(x)=y", "here", "pbx_ael"),
        Directive("demo", "IncludeContext", "other", "pbx_ael"),
    ]
    with pytest.raises(ValueError, match="not a line"):
        list(read_contexts("[demo] pbx_ael\nexten => s"))
