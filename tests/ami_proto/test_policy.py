"""R-POLICY-01: what a policy allows and forbids, by itself."""

import pickle
from typing import Any

import pytest

from ami_proto import Action, ConfigError, Decoder, Policy
from ami_proto.catalogue.action_record import ACTIONS as CATALOGUE
from ami_proto.message.redact import redact_message
from ami_proto.policy import OBSERVE, OPERATE
from conformance.corpus import capture
from conformance.mock.actions import ACTIONS

HALL = Policy("operate", contexts=("hall",), applications=("Playback",))
UNLISTED = """
    Setvar DBPut DBDelTree UpdateConfig CreateConfig Reload ModuleLoad AGI Getvar MixMonitor Logoff Login
    UserEvent MessageSend PJSIPNotify OfSomeModule
"""
CALL = {"Channel": "PJSIP/7", "Exten": "100", "Priority": 1}


def objection(policy: Policy, name: str, headers: Any = (), **more: Any) -> str | None:
    """Return what a policy says of an action."""
    action = Action(name, [*(dict(headers) | more).items()])
    return policy.objection(action.name, action.headers)


@pytest.mark.parametrize("name", ["Hangup", "HANGUP", "hangup"])
def test_a_name_is_compared_in_any_case(name: str) -> None:
    """R-POLICY-01: as Asterisk compares it."""
    assert objection(Policy(allow=["hangUP"]), name) is None  # type: ignore[arg-type]  # a list will do
    assert objection(Policy(allow=("Ping",)), name) == "it is not in policy.allow"


@pytest.mark.parametrize(
    ("policy", "some"),
    [
        (Policy("all"), "Hangup Command Originate Redirect OfSomeModule"),
        (Policy("all", commands=()), "Hangup Originate Redirect OfSomeModule"),
        (Policy("all", contexts=()), "Hangup Command Originate OfSomeModule"),
        (Policy("all", contexts=(), applications=()), "Hangup Command OfSomeModule"),
        (Policy("observe"), ""),
        (Policy("observe", commands=("core show version",)), "Command"),
        (Policy("operate"), "Hangup"),
        (Policy("operate", contexts=("hall",)), "Hangup Originate Redirect"),
        (Policy("operate", applications=("Playback",)), "Hangup Originate"),
        (Policy(allow=("hANGUP", "ofsomemodule")), "Hangup OfSomeModule"),
    ],
)
def test_it_tells_which_names_can_be_allowed(policy: Policy, some: str) -> None:
    """R-POLICY-03: a call that can go nowhere is not among them."""
    names = ("Hangup", "Command", "Originate", "Redirect", "OfSomeModule")
    assert [name for name in names if policy.allows_some(name)] == some.split()


@pytest.mark.parametrize("name", UNLISTED.split())
@pytest.mark.parametrize("profile", ["observe", "operate"])
def test_what_no_list_has_is_forbidden(name: str, profile: Any) -> None:
    """R-POLICY-01: nothing is allowed because it looks harmless."""
    assert objection(Policy(profile), name) == f"it is not in profile {profile}, nor in policy.allow"
    assert objection(Policy(profile, allow=(name,)), name) is None
    assert objection(Policy("all"), name) is None


def test_each_profile_has_only_actions_of_asterisk() -> None:
    """R-POLICY-01: in its spelling, each once; and each profile allows more than the one before."""
    for names in (OBSERVE, OPERATE):
        assert [CATALOGUE[name.lower()].name for name in names] == list(names)
        assert len(set(names)) == len(names)
    assert set(OBSERVE) < set(OPERATE)
    for name in OBSERVE:
        assert objection(Policy("observe"), name) is None
        assert objection(Policy("operate"), name) is None


def test_what_observes_needs_no_class_that_only_changes() -> None:
    """R-POLICY-01: the mock has the classes of each action as Asterisk lists them."""
    classes = {each.name.lower(): set(each.classes.split(",")) for each in ACTIONS}
    changing = {"originate", "command", "config", "agi", "user", "message", "aoc", "cc"}
    known = [name for name in OBSERVE if name.lower() in classes]
    assert len(known) > len(OBSERVE) / 2
    assert [name for name in known if classes[name.lower()] & changing] == []


def revealing() -> set[str]:
    """Return the actions whose replies from real Asterisk hold something that a log would mask."""
    found: set[str] = set()
    for each in (capture(f"asterisk-{release}/all-actions-quiet") for release in ("16.28.0", "22.10.1")):
        names = dict(zip(each.action_ids, (text.split("\r\n")[0] for _, text in each.sent), strict=True))
        for message in Decoder(sent=each.action_ids).feed(each.data):
            pairs = list(message.pairs())
            masked = redact_message(pairs) != pairs
            if masked and message.action_id is not None:
                found.add(names[message.action_id].removeprefix("Action: "))
    return found


def test_what_observes_shows_no_password() -> None:
    """R-POLICY-01: as far as captures of real Asterisk have one."""
    assert {"PJSIPShowAuths", "PJSIPShowEndpoint"} <= revealing()
    assert not revealing() & set(OBSERVE)


class TestOriginate:
    """Applications are judged by `applications`, extensions by `contexts`: Asterisk takes one of the two."""

    def test_a_context_is_judged_exactly(self) -> None:
        """R-POLICY-01: Asterisk's contexts have case."""
        assert objection(HALL, "Originate", CALL, Context="hall") is None
        for other in ("Hall", "hall ", "hallway", "outbound", "hall,1"):
            assert objection(HALL, "Originate", CALL, Context=other) == (
                "its Context is not in policy.contexts"
            )

    def test_without_a_context_it_is_forbidden(self) -> None:
        """R-POLICY-01: an empty one is none; the call would begin in the context of its channel."""
        for headers in (CALL, CALL | {"Context": ""}, CALL | {"Application": ""}):
            said = objection(HALL, "Originate", headers)
            assert said == "the context that it leaves to the channel is not in policy.contexts"

    @pytest.mark.parametrize("application", ["Playback", "playback", "PLAYBACK"])
    def test_an_application_is_judged_in_any_case(self, application: str) -> None:
        """R-POLICY-01: `pbx_findapp` ignores case; what `Data` has is not judged."""
        headers = {"Channel": "PJSIP/7", "Application": application, "Data": "System(x)"}
        assert objection(HALL, "Originate", headers) is None

    @pytest.mark.parametrize("application", ["System", "Playback ", "Playback(x)", "Playbac"])
    @pytest.mark.parametrize("context", [{}, {"Context": "hall", "Exten": "1", "Priority": "1"}])
    def test_an_application_decides_also_beside_a_context(self, application: str, context: Any) -> None:
        """R-POLICY-01: Asterisk runs the application then, and ignores an allowed context."""
        headers = {"Channel": "PJSIP/7", "Application": application, **context}
        assert objection(HALL, "oRIGINATE", headers) == "its Application is not in policy.applications"

    def test_an_allowed_application_needs_no_context(self) -> None:
        """R-POLICY-01: Asterisk ignores the context beside it."""
        headers = {"Channel": "PJSIP/7", "aPPLICATION": "Playback", "Context": "elsewhere"}
        assert objection(HALL, "Originate", headers) is None

    @pytest.mark.parametrize(
        ("channel", "allowed"),
        [
            ("Local/1@hall", True),
            ("local/1@hall/n", True),
            ("LOCAL/1@hall/n@outbound", True),
            ("Local/1@outbound", False),
            ("lOCAL/1@outbound/n", False),
            ("Local/1@outbound@hall", False),
            ("Local/1", False),
            ("Local/1/n@hall", False),
            ("Local/1@", False),
            ("PJSIP/1@outbound", True),
            ("Localhost/1@outbound", True),
        ],
    )
    def test_a_local_channel_is_a_call_into_a_context(self, channel: str, allowed: bool) -> None:
        """R-POLICY-01: beside an allowed context and beside an allowed application."""
        for where in ({"Context": "hall", "Exten": "1", "Priority": 1}, {"Application": "Playback"}):
            said = objection(HALL, "Originate", where, Channel=channel)
            assert said == (None if allowed else "the context of its Local channel is not in policy.contexts")

    def test_a_local_channel_without_a_context_is_in_default(self) -> None:
        """R-POLICY-01: main/core_local.c."""
        policy = Policy("operate", contexts=("default",))
        assert objection(policy, "Originate", CALL, Channel="Local/1", Context="default") is None

    @pytest.mark.parametrize(
        "gosub",
        [
            "outbound,s,1",
            "s,1",
            "1",
            "hall,1",
            "outbound,s,1(hall)",
            "1(hall,s,1)",
            "hall,s,1,1",
            "hall,s,1,",
        ],
    )
    def test_a_gosub_before_the_call_runs_in_an_allowed_context(self, gosub: str) -> None:
        """R-POLICY-01: one without a context would run in that of the channel."""
        said = objection(HALL, "Originate", CALL, Context="hall", PreDialGoSub=gosub)
        assert said == "the context of its PreDialGoSub is not in policy.contexts"

    def test_a_gosub_in_an_allowed_context_is_allowed(self) -> None:
        """R-POLICY-01."""
        for gosub in ("hall,s,1", "hall,s,1(a,b)"):
            assert objection(HALL, "Originate", CALL, Context="hall", PreDialGoSub=gosub) is None

    def test_a_profile_allows_no_call_until_contexts_are_named(self) -> None:
        """R-POLICY-01: and one that names actions alone neither."""
        for policy in (Policy("operate"), Policy(allow=("Originate", "Redirect"))):
            assert objection(policy, "Originate", CALL, Context="default") is not None
            assert objection(policy, "Originate", Channel="PJSIP/7", Application="Echo") is not None
            assert objection(policy, "Redirect", Channel="x", Context="default") is not None


@pytest.mark.parametrize("name", ["Redirect", "Atxfer", "BlindTransfer", "redirect"])
def test_a_channel_is_sent_to_an_allowed_context_only(name: str) -> None:
    """R-POLICY-01: else a call that may begin anywhere allowed could go on anywhere else."""
    target = {"Channel": "PJSIP/7-1", "Exten": "1", "Priority": 1}
    assert objection(HALL, name, target, Context="hall") is None
    assert objection(HALL, name, target, Context="outbound") == "its Context is not in policy.contexts"
    assert objection(HALL, name, target) is not None
    assert objection(Policy("all"), name, target) is None


def test_the_second_channel_of_a_redirect_is_judged_as_well() -> None:
    """R-POLICY-01: where it names no context, it follows the first."""
    target = {"Channel": "a", "ExtraChannel": "b", "Context": "hall"}
    said = objection(HALL, "Redirect", target, ExtraContext="outbound")
    assert said == "its ExtraContext is not in policy.contexts"
    assert objection(HALL, "Redirect", target, ExtraContext="hall") is None
    assert objection(HALL, "Redirect", target, ExtraContext="") is None


def test_a_member_of_a_queue_may_be_a_call_into_an_allowed_context() -> None:
    """R-POLICY-01."""
    member = {"Queue": "sales"}
    assert objection(HALL, "QueueAdd", member, Interface="PJSIP/7") is None
    assert objection(HALL, "QueueAdd", member, Interface="Local/7@hall/n") is None
    assert objection(HALL, "QueueAdd", member, Interface="Local/7@outbound/n") is not None


class TestCommand:
    """Lines, whole and exact."""

    LINES = Policy("observe", commands=("core show channels", "queue show"))

    @pytest.mark.parametrize("line", ["core show channels", "queue show"])
    def test_a_listed_line_is_allowed(self, line: str) -> None:
        """R-POLICY-01: in whatever case the action's name is."""
        assert objection(self.LINES, "Command", Command=line) is None
        assert objection(self.LINES, "COMMAND", cOMMAND=line) is None

    @pytest.mark.parametrize(
        "line",
        ["core show channels verbose", "Core show channels", "core  show channels", "queue", "", "core"],
    )
    def test_any_other_line_is_forbidden(self, line: str) -> None:
        """R-POLICY-01: also one that Asterisk would read as a listed one; and none at all."""
        assert objection(self.LINES, "Command", Command=line) == "its line is not in policy.commands"
        assert objection(self.LINES, "Command") == "its line is not in policy.commands"

    @pytest.mark.parametrize("policy", [Policy("observe"), Policy("operate"), Policy(allow=("Ping",))])
    def test_without_lines_no_command_is_allowed(self, policy: Policy) -> None:
        """R-POLICY-01."""
        assert objection(policy, "Command", Command="core show channels") is not None

    def test_every_action_but_some_commands(self) -> None:
        """R-POLICY-01: profile `all` judges only by the lists that are given."""
        policy = Policy("all", commands=("core show channels",))
        assert policy.judges
        assert objection(policy, "Setvar", Variable="x", Value="1") is None
        assert objection(policy, "Command", Command="core stop now") is not None
        assert objection(policy, "Command", Command="core show channels") is None


def test_the_first_value_counts_as_it_does_for_asterisk() -> None:
    """R-POLICY-01: `Action` refuses a second one of an action that it knows; a policy does not rely on it."""
    calls = [("Channel", "x"), ("Context", "outbound"), ("Context", "hall")]
    assert HALL.objection("Originate", calls) == "its Context is not in policy.contexts"
    lines = [("Command", "core stop now"), ("Command", "queue show")]
    assert TestCommand.LINES.objection("Command", lines) is not None


def test_an_objection_shows_no_value() -> None:
    """R-POLICY-01, R-OBS-04."""
    said = (
        objection(HALL, "Originate", CALL, Context="hunter2"),
        objection(HALL, "Originate", CALL, Application="hunter2"),
        objection(HALL, "Originate", CALL, Context="hall", Channel="Local/hunter2@hunter2"),
        objection(HALL, "Command", Command="hunter2"),
    )
    assert all(said)
    assert "hunter2" not in repr(said)


class TestMaking:
    """What a policy can be made of."""

    def test_all_forbids_nothing_and_says_so(self) -> None:
        """R-POLICY-01: so that a connection without a policy asks none."""
        assert not Policy("all").judges
        assert not Policy("all", allow=("Ping",)).judges
        for policy in (Policy("observe"), Policy("operate"), Policy(allow=("Ping",))):
            assert policy.judges
        for key in ("applications", "contexts", "commands"):
            assert Policy.of({"profile": "all", key: []}).judges

    def test_a_list_in_profile_all_judges_alone(self) -> None:
        """R-POLICY-01: what the other lists would say is not asked."""
        call = {"Channel": "PJSIP/7", "Application": "Dial"}
        assert objection(Policy("all", contexts=()), "Originate", call) is None
        assert objection(Policy("all", applications=()), "Originate", CALL, Context="any") is None
        assert objection(Policy("all", applications=()), "Originate", call) is not None
        assert objection(Policy("all", contexts=()), "Originate", CALL, Context="any") is not None
        assert objection(Policy("all", contexts=(), applications=()), "Command", Command="any") is None

    def test_any_collection_is_a_list(self) -> None:
        """R-CONF-01."""
        for given in ({"Ping"}, frozenset({"Ping"}), ["Ping"], iter(["Ping"])):
            assert Policy(allow=given) == Policy(allow=("Ping",))  # type: ignore[arg-type]

    def test_it_is_a_value(self) -> None:
        """Equal, hashable, and the same after a copy."""
        policy = Policy("operate", contexts=("hall",))
        assert policy == Policy("operate", contexts=["hall"])  # type: ignore[arg-type]
        assert policy != HALL
        assert hash(policy) == hash(pickle.loads(pickle.dumps(policy)))
        assert pickle.loads(pickle.dumps(policy)).objection("Setvar", ()) is not None
        assert repr(policy) == (
            "Policy(profile='operate', allow=(), applications=(), contexts=('hall',), commands=())"
        )
        with pytest.raises(AttributeError):
            policy.allow = ("Setvar",)  # type: ignore[misc]

    @pytest.mark.parametrize(
        ("options", "rule"),
        [
            ({"profile": "Observe"}, "policy.profile: must be 'observe', 'operate' or 'all'"),
            ({"profile": []}, "policy.profile: must be 'observe', 'operate' or 'all'"),
            ({"profile": "all", "allow": "Ping"}, "policy.allow: must be a list of texts"),
            ({"profile": "all", "allow": {"Ping": 1}}, "policy.allow: must be a list of texts"),
            ({"profile": "all", "contexts": 5}, "policy.contexts: must be a list of texts"),
            ({"profile": "all", "contexts": b"hall"}, "policy.contexts: must be a list of texts"),
            (
                {"profile": "all", "contexts": ["hall "]},
                "policy.contexts: item 1 must be printable text, not empty, without blanks at its ends",
            ),
            (
                {"profile": "all", "contexts": ["a", 5]},
                "policy.contexts: item 2 must be printable text, not empty, without blanks at its ends",
            ),
            (
                {"profile": "all", "commands": [" core show channels"]},
                "policy.commands: item 1 must be printable text, not empty, without blanks at its ends",
            ),
            (
                {"profile": "all", "applications": [""]},
                "policy.applications: item 1 must be printable text, not empty, without blanks at its ends",
            ),
            (
                {"profile": "all", "applications": ["a\nb"]},
                "policy.applications: item 1 must be printable text, not empty, without blanks at its ends",
            ),
            (
                {"allow": ["Ping", "COMMAND"]},
                "policy.allow: must not have Command: name its lines in policy.commands",
            ),
            ({}, "policy: must have a profile, or allow"),
            ({"contexts": ["hall"]}, "policy: must have a profile, or allow"),
        ],
    )
    def test_what_is_refused(self, options: Any, rule: str) -> None:
        """R-CONF-01: one that could allow nothing, or not what it seems to."""
        with pytest.raises(ConfigError) as refused:
            Policy(**options)
        assert str(refused.value) == rule

    def test_commands_alone_are_a_policy(self) -> None:
        """R-POLICY-01."""
        policy = Policy(commands=("queue show",))
        assert objection(policy, "Command", Command="queue show") is None
        assert objection(policy, "Ping") is not None

    @pytest.mark.parametrize(
        ("given", "policy"),
        [
            ("observe", Policy("observe")),
            (" operate ", Policy("operate")),
            ({"profile": "operate", "contexts": ["hall"]}, Policy("operate", contexts=("hall",))),
            ({"allow": ["Ping"]}, Policy(allow=("Ping",))),
            (HALL, HALL),
        ],
    )
    def test_it_is_read_from_plain_data(self, given: object, policy: Policy) -> None:
        """R-CONF-02."""
        assert Policy.of(given) == policy

    @pytest.mark.parametrize(
        ("given", "key", "said"),
        [
            ({"alow": ["Ping"]}, "policy.alow", "policy: unknown key 'alow': did you mean 'allow'?"),
            ({"hunter2": 1}, "policy", "policy: unknown key (not shown, because it may be a secret)"),
            (5, "policy", "policy: must be 'observe', 'operate', 'all', or a table"),
            (None, "policy", "policy: must be 'observe', 'operate', 'all', or a table"),
            ("hunter2", "policy", "policy: must be 'observe', 'operate', 'all', or a table"),
            ({"_actions": ["Ping"]}, "policy", "policy: unknown key (not shown, because it may be a secret)"),
        ],
    )
    def test_what_cannot_be_read(self, given: object, key: str, said: str) -> None:
        """R-CONF-01, R-CONF-02."""
        with pytest.raises(ConfigError) as refused:
            Policy.of(given)
        assert (refused.value.key, str(refused.value)) == (key, said)
