"""R-POLICY-03: what an account lacks and has too much of, and the section of manager.conf that does."""

from ipaddress import ip_address
from typing import Any

import pytest

from ami_backends.cli.account import KnownAccount, account_of, listed_actions, shown_user
from ami_backends.cli.diagnosis import Diagnosis, diagnose
from ami_backends.cli.manager_section import section_of
from ami_backends.cli.needs import CLASSES, needs_of
from ami_proto import Policy, ServerConfig, Tls
from ami_proto.catalogue.action_record import ACTIONS
from ami_proto.catalogue.releases import has_action

RELEASE = "22.10.1"


def account(
    write: str, read: str | None = None, *, told: bool = True, booted: bool | None = True
) -> KnownAccount:
    """Return an account as Asterisk 22 tells of it; `told` says that it may run `manager show user`."""
    held = frozenset(write.split(",")) & frozenset(CLASSES)
    listed = {
        key: frozenset(record.privileges)
        for key, record in ACTIONS.items()
        if record.module == "core" and has_action(RELEASE, key)
        if not record.privileges or held & frozenset(record.privileges)
    }
    shown = None if read is None else frozenset(read.split(",")) & frozenset(CLASSES)
    return KnownAccount("ops", listed, shown, held if told else None, limited=False, booted=booted)


def diagnosis(
    who: KnownAccount, *patterns: str, remote: bool = False, release: str | None = RELEASE, **options: Any
) -> Diagnosis:
    """Return what is found for a server with these options."""
    values: dict[str, Any] = {"policy": "observe", "wait_fully_booted": False} | options
    config = ServerConfig(key="pbx", host="10.0.0.5", username="ops", secret="s3cr3t", **values)
    return diagnose(
        config, needs_of(config, patterns, release, may_originate=True), who, release, remote=remote
    )


PLAIN = "plain TCP to another host: anybody on the way reads"
CALLS = Policy(allow=("Hangup", "Redirect"), contexts=("hall",))


class TestAnswers:
    """What is read from answers."""

    def test_the_classes_of_listed_actions(self) -> None:
        """R-POLICY-03: as ListCommands of 16 and 22 writes them; a synopsis may have brackets of its own."""
        pairs = [
            ("Response", "Success"),
            ("CoreSettings", "Show PBX core settings (version etc).  (Priv: system,reporting,all)"),
            ("Ping", "Keepalive command.  (Priv: <none>)"),
            (None, "(Priv: call,all)"),
            ("Foo", "Broken (Priv: call,all) text"),
        ]
        assert listed_actions(pairs) == {"coresettings": {"system", "reporting"}, "ping": frozenset()}

    def test_the_classes_of_a_user(self) -> None:
        """R-POLICY-03: as 16 and 22 print them; a variable of the user cannot pass for a list of classes."""
        lines = [
            "",
            "          username: ops",
            "               ACL: yes",
            "         read perm: system,call",
            "        write perm: <none>",
            "         Variables: ",
            "read perm:all",
        ]
        found = account_of("ops", {}, shown_user(lines), True)
        assert (found.read, found.write) == (frozenset({"system", "call"}), frozenset[str]())
        assert found.limited is True

    def test_other_output_tells_nothing(self) -> None:
        """R-POLICY-03."""
        found = account_of("ops", {}, shown_user(["There is no manager called ops"]), None)
        assert (found.read, found.write, found.limited) == (None, None, None)

    def test_an_action_of_one_class_says_that_the_user_has_it(self) -> None:
        """R-POLICY-03: one of two classes does not."""
        listed = {"a": frozenset({"call"}), "b": frozenset({"system", "reporting"}), "c": frozenset[str]()}
        assert KnownAccount("ops", listed).held == {"call"}
        assert KnownAccount("ops", listed, write=frozenset({"system"})).held == {"system"}


class TestWrite:
    """Classes of actions."""

    @pytest.mark.parametrize("told", [True, False])
    def test_a_class_that_is_missing_is_named_with_its_actions(self, told: bool) -> None:
        """R-POLICY-03: also where only ListCommands tells."""
        found = diagnosis(account("reporting,user", told=told), policy=CALLS)
        assert found.write.needs == {"call": ("Hangup", "Redirect")}
        assert found.write.missing == ("call",)
        assert "write lacks call, for Hangup, Redirect" in found.warnings

    def test_an_action_needs_one_of_its_classes_only(self) -> None:
        """R-POLICY-03: Hangup is listed because of `system`; the class with less power is advised."""
        found = diagnosis(account("system"), policy=Policy(allow=("Hangup",)))
        assert found.write.missing == ()
        assert found.write.standing("call") == "advised"
        assert found.warnings == ("write has power that nothing here needs: system",)

    def test_what_is_not_needed_is_named_and_power_apart(self) -> None:
        """R-POLICY-03."""
        found = diagnosis(account("call,user,command,originate"), policy=CALLS)
        assert found.write.unneeded == ("command", "user", "originate")
        assert found.warnings == (
            "write has power that nothing here needs: command, originate",
            "write has more than is needed: user",
        )

    def test_a_fitting_account_has_no_warnings(self) -> None:
        """R-POLICY-03."""
        found = diagnosis(account("call", "call"), "Hangup", policy=CALLS)
        assert (found.warnings, found.absent) == ((), ())
        assert found.write.standing("call") == found.read.standing("call") == "there"

    def test_an_action_that_the_release_lacks_needs_nothing(self) -> None:
        """R-POLICY-03: SIPpeers went with 21."""
        found = diagnosis(account("call"), policy=Policy(allow=("SIPpeers",)))
        assert found.absent == ("SIPpeers",)
        assert found.write.needs == {}
        assert "this server does not list SIPpeers" in found.warnings

    def test_an_action_that_is_not_listed_although_the_account_may_is_absent(self) -> None:
        """R-POLICY-03: its module is not loaded. Those of a profile are no warning."""
        found = diagnosis(account("agent,reporting,call,system"))
        assert {"Agents", "QueueStatus", "ParkedCalls"} <= {*found.absent}
        assert "agent" not in found.write.needs
        assert found.warnings == ("write has more than is needed: call, agent",)

    def test_an_action_of_a_module_that_nobody_knows_needs_what_asterisk_lists(self) -> None:
        """R-POLICY-03: `ListCommands` has the classes of each."""
        who = account("call")
        listed = KnownAccount("ops", {**who.actions, "voterstatus": frozenset({"call"})}, None, who.write)
        assert diagnosis(listed, policy=Policy(allow=("VoterStatus",))).write.needs == {
            "call": ("VoterStatus",)
        }
        absent = diagnosis(who, policy=Policy(allow=("VoterStatus",)))
        assert "this server does not list VoterStatus" in absent.warnings

    def test_an_action_that_may_not_be_there_is_doubtful(self) -> None:
        """R-POLICY-03: ListCommands hides it either way."""
        found = diagnosis(
            account("call", told=False), policy=Policy(allow=("Agents", "Hangup")), release=None
        )
        assert found.warnings == ("write lacks agent, for Agents, unless their modules are not loaded",)
        whole = diagnosis(account("call"), policy=Policy(allow=("Agents", "Hangup")))
        assert whole.warnings == ("write lacks agent, for Agents",)

    def test_a_policy_that_allows_everything_limits_nothing(self) -> None:
        """R-POLICY-03: nobody can say then which classes are enough."""
        found = diagnosis(account("call,originate"), policy="all")
        assert (found.write.unneeded, found.write.missing, found.write.open) == ((), (), True)
        assert found.warnings == (
            "the policy allows everything, and write has originate: nothing limits what is sent",
        )
        assert diagnosis(account("call"), policy="all").warnings == ()


class TestRead:
    """Classes of events."""

    def test_missing_and_unneeded_classes_are_named(self) -> None:
        """R-POLICY-03."""
        found = diagnosis(account("call", "agent,log"), "Newchannel", "AgentLogin", policy=CALLS)
        assert found.read.missing == ("call",)
        assert found.warnings == ("read lacks call, for Newchannel", "read has more than is needed: log")

    def test_what_asterisk_does_not_tell_is_unknown(self) -> None:
        """R-POLICY-03: it is neither missing nor there."""
        found = diagnosis(account("call", told=False), "Newchannel", policy=CALLS)
        assert (found.read.has, found.read.missing, found.warnings) == (None, (), ())
        assert found.read.standing("call") == "unknown"

    @pytest.mark.parametrize(
        ("read", "said"),
        [
            (
                None,
                "no FullyBooted came: read lacks system, an eventfilter hides it, or the server still boots",
            ),
            ("system,call", "no FullyBooted came: an eventfilter hides it, or the server still boots"),
            ("call", "read lacks system, for FullyBooted"),
        ],
    )
    def test_a_hidden_fully_booted_is_told_once(self, read: str | None, said: str) -> None:
        """R-POLICY-03: with what can be the cause."""
        who = account("call", read, booted=False)
        found = diagnosis(who, "Hangup", policy=CALLS, wait_fully_booted="auto")
        assert found.warnings == (said,)

    def test_names_that_bring_nothing_are_told(self) -> None:
        """R-POLICY-03: unknown ones, and those that the option `events` leaves out."""
        found = diagnosis(account("call"), "Foo*", "AgentLogin", policy=CALLS, events="call")
        assert found.warnings == (
            "no event of this release is called Foo*",
            "the option events leaves out AgentLogin",
        )


@pytest.mark.parametrize(
    ("options", "remote", "said"),
    [
        ({}, False, None),
        ({}, True, f"{PLAIN} what is sent, and can change it"),
        (
            {"auth": "plain"},
            True,
            f"{PLAIN} the secret and what is sent, and can change it",
        ),
        ({"tls": Tls()}, True, None),
        (
            {"tls": Tls(verify=False)},
            False,
            "the certificate is not verified: anybody on the way can pose as the server",
        ),
    ],
)
def test_an_unsafe_link_is_told(options: dict[str, Any], remote: bool, said: str | None) -> None:
    """R-POLICY-03."""
    found = diagnosis(account("call"), "Hangup", policy=CALLS, remote=remote, **options)
    assert found.warnings == (() if said is None else (said,))


class TestSection:
    """The section of manager.conf."""

    def test_it_has_the_classes_filters_and_addresses(self) -> None:
        """R-POLICY-03: a filter lets longer names through, which need none of their own."""
        found = diagnosis(account("call"), "Hangup", "HangupRequest", "Newchannel", policy=CALLS)
        names = ["Newchannel", "HangupRequest", "Hangup"]
        assert section_of("ops", found, names, ip_address("10.0.0.7"), needs_tls=False) == [
            "[ops]",
            "; secret = (unchanged)",
            "read = call",
            "write = call",
            "eventfilter = Event: Hangup",
            "eventfilter = Event: Newchannel",
            "deny = 0.0.0.0/0.0.0.0",
            "deny = ::/0",
            "; the address of this machine; after NAT the server sees another",
            "permit = 10.0.0.7/255.255.255.255",
            "writetimeout = 5000",
        ]

    @pytest.mark.parametrize(
        ("own", "permits"),
        [
            ("::1", ["permit = 127.0.0.1/255.255.255.255", "permit = ::1/128"]),
            ("2001:db8::7", ["permit = 2001:db8::7/128"]),
            (None, []),
        ],
    )
    def test_it_permits_this_machine(self, own: str | None, permits: list[str]) -> None:
        """R-POLICY-03: where its address is not known, nobody is denied."""
        place = None if own is None else ip_address(own)
        lines = section_of("ops", diagnosis(account("call")), (), place, needs_tls=False)
        assert [each for each in lines if each.startswith("permit")] == permits
        assert any(each.startswith("deny") for each in lines) is (own is not None)

    def test_plain_tcp_to_another_host_adds_tls(self) -> None:
        """R-POLICY-03: before the section of the user."""
        lines = section_of("ops", diagnosis(account("call")), (), None, needs_tls=True)
        assert lines[:2] == ["[general]", "tlsenable = yes"]
        assert lines.index("[ops]") > lines.index("tlsbindaddr = 0.0.0.0:5039")

    def test_without_names_and_policy_the_classes_stay(self) -> None:
        """R-POLICY-03: with those that are needed anyway."""
        found = diagnosis(account("call", "agent"), policy="all")
        lines = section_of("ops", found, (), None, needs_tls=False)
        assert "read = call,agent" in lines
        assert "write = call" in lines
        assert any(each.startswith("; write: --policy") for each in lines)

    def test_what_is_not_known_is_not_written(self) -> None:
        """R-POLICY-03: a guess would take classes away."""
        found = diagnosis(account("call", told=False), policy="all")
        lines = section_of("ops", found, (), None, needs_tls=False)
        assert "; read = (unchanged), with call" in lines
        assert "; write = (unchanged)" in lines

    def test_no_class_is_written_as_none(self) -> None:
        """R-POLICY-03: Asterisk 16 and 22 read it as no class."""
        found = diagnosis(account("call", "call"), policy=Policy(allow=("Ping",)), events="off")
        lines = section_of("ops", found, (), None, needs_tls=False)
        assert "read = none" in lines
        assert "write = none" in lines

    def test_every_class_is_written_as_all(self) -> None:
        """R-POLICY-03."""
        every = ",".join(CLASSES)
        found = diagnosis(account(every, every), policy="all")
        lines = section_of("ops", found, (), None, needs_tls=False)
        assert {"read = all", "write = all"} < {*lines}
