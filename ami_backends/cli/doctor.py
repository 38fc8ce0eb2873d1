"""`ami doctor`: what an account in manager.conf lacks and has too much of, and the section that does."""

import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import ip_address
from textwrap import wrap
from typing import Annotated, Any

import typer

from ami_backends.cli.account import KnownAccount, account_of, listed_actions, shown_user
from ami_backends.cli.diagnosis import Diagnosis, Side, brief, diagnose
from ami_backends.cli.exits import ExitStatus, UsageProblem
from ami_backends.cli.json_lines import JsonRecord, write_json
from ami_backends.cli.manager_section import IPAddress, section_of
from ami_backends.cli.needs import CLASSES, needs_of
from ami_backends.cli.options import (
    TARGET_HELP,
    JsonOutput,
    LoginOptions,
    ReplyTimeout,
    require_positive,
    with_login_options,
)
from ami_backends.cli.reporting import ErrorsOnly
from ami_backends.cli.screen import Screen
from ami_backends.cli.send import BOOT_TIMEOUT, profile_of
from ami_backends.cli.server_file import ServerName, ServersFile, refuse_mixed, server_of
from ami_backends.cli.target import take_target
from ami_backends.clients.arguments import as_config, as_words
from ami_backends.configuration import environment_options
from ami_backends.selectors import Client, connect
from ami_backends.sessions.printable import safe
from ami_proto import ActionFailed, Fault, FaultSeen, Notice, ServerConfig

WIDTH = 80
"""Columns of the sentences."""

ENVIRONMENT_OPTIONS = ("auth", "events", "wait_fully_booted")
"""Options of a target that `AMI_EVENTS` and its like set; `AMI_POLICY` is another."""

TargetWord = Annotated[str | None, typer.Argument(metavar="[TARGET]", help=TARGET_HELP, show_default=False)]
EventNames = Annotated[
    str | None,
    typer.Option(
        metavar="NAMES",
        help="The events that the program reads: names or globs with commas between them, Newchannel,Queue*.",
    ),
]

JudgedPolicy = Annotated[
    str | None,
    typer.Option(
        "--policy",
        metavar="PROFILE",
        help="What the program may send: observe, operate or all; default: the file's, AMI_POLICY.",
    ),
]


@with_login_options
def doctor(
    login: LoginOptions,
    target: TargetWord = None,
    config: ServersFile = None,
    server: ServerName = None,
    events: EventNames = None,
    policy: JudgedPolicy = None,
    json: JsonOutput = False,
    timeout: ReplyTimeout = None,
) -> None:
    """Check an account in manager.conf against what is needed.

    It shows which classes the account lacks for the policy and the events, which it does not need, and the
    smallest section of manager.conf that does. It only asks, and changes nothing: ListCommands, CoreSettings
    and, where the account may, the command `manager show user`. The exit status is 1 after warnings, else 0.

    For example: ami doctor ami://ops@pbx.example.org --policy observe --events 'Newchannel,Queue*'
    """
    require_positive("--timeout", timeout)
    judged = _config(target, login, config, server, policy)
    patterns = [name for each in (events or "").split(",") if (name := each.strip())]
    account, release = _ask(judged, timeout)
    needs = needs_of(judged, patterns, release, may_originate="originate" in account.actions)
    path = path_to(judged.host, judged.port)
    diagnosis = diagnose(judged, needs, account, release, remote=path.remote)
    needs_tls = judged.tls is None and path.remote
    section = section_of(
        account.username, diagnosis, needs.events if patterns else (), path.own, needs_tls=needs_tls
    )
    finding = Finding(judged, account, release, diagnosis, section)
    if json:
        write_json(_record(finding))
    else:
        _show(finding)
    if diagnosis.warnings:
        raise typer.Exit(ExitStatus.FAILED)


@dataclass(frozen=True, slots=True)
class Finding:
    """All that is printed."""

    config: ServerConfig
    account: KnownAccount
    release: str | None
    diagnosis: Diagnosis
    section: list[str]


# -- what is asked


class _BootNote(ErrorsOnly):
    """An `on_notice` that notes whether FullyBooted is hidden."""

    hidden = False

    def __call__(self, notice: Notice) -> None:
        """Note it."""
        if isinstance(notice, FaultSeen) and notice.fault is Fault.BOOT_HIDDEN:
            self.hidden = True


def _config(
    target: str | None, login: LoginOptions, file: str | None, server: str | None, policy: str | None
) -> ServerConfig:
    """Return the configuration to judge, of a file, or of a target and the environment."""
    refuse_mixed(file, server, target, login)
    if file is not None:
        chosen = server_of(file, server)
        return chosen if policy is None else replace(chosen, policy=profile_of("--policy", policy))
    place, rest = take_target([target] if target else [], os.environ)
    if rest:
        raise UsageProblem("the target must be written as ami://user@host[:port]")
    return as_config(**login.arguments(place), **_environment_options(policy))


def _environment_options(policy: str | None) -> dict[str, Any]:
    """Return the options beside the target: `--policy`, and what variables set."""
    known = environment_options(os.environ)
    given = {each: known[each] for each in ENVIRONMENT_OPTIONS if each in known}
    read = ServerConfig.from_mapping({"key": "-", "host": "-", "username": "-", "secret": "", **given})
    options = {each: getattr(read, each) for each in given}
    if policy is not None:
        options["policy"] = profile_of("--policy", policy)
    elif "policy" in known:
        options["policy"] = profile_of("AMI_POLICY", known["policy"])
    return options


def _ask(config: ServerConfig, timeout: float | None) -> tuple[KnownAccount, str | None]:
    """Log in, and return the account and the release of the server. Changes nothing there."""
    note, waits = _BootNote(), config.awaits_boot
    own: dict[str, Any] = {
        "events": "system" if waits else "off",
        "policy": "all",
        "setup": (),
        "ask_release": True,
    }
    own |= {"reconnect": False, "retry": False, "boot_timeout": min(BOOT_TIMEOUT, config.boot_timeout)}
    with connect(**(as_words(config) | own), on_notice=note) as client:
        response = client.send("ListCommands", timeout=timeout).response
        actions = listed_actions([] if response is None else response.pairs())
        user = _ask_for_user(client, config.username, timeout) if "command" in actions else {}
        release = client.release
    # Now, because a notice may come later than the state: after the end all have come.
    return account_of(config.username, actions, user, not note.hidden if waits else None), release


def _ask_for_user(client: Client, username: str, timeout: float | None) -> dict[str, str]:
    """Return what `manager show user` prints; nothing for a name that is no single word of a command."""
    if not username.isprintable() or set(username) & set(" \"'\\"):
        return {}
    try:
        output = client.send("Command", Command=f"manager show user {username}", timeout=timeout).output
    except ActionFailed:
        return {}
    return shown_user(output or [])


@dataclass(frozen=True, slots=True)
class NetworkPath:
    """The way to a server, as far as this machine can see."""

    own: IPAddress | None
    """The address of this machine that the server sees, if nothing between them changes it."""
    remote: bool
    """Whether the server is another host."""


def path_to(host: str, port: int) -> NetworkPath:
    """Have the system choose the address for a server: connecting a UDP socket sends nothing."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
        family, kind, protocol, _, place = found[0]
        with socket.socket(family, kind, protocol) as aim:
            aim.connect(place)
            own, peer = (_address(each) for each in (aim.getsockname(), aim.getpeername()))
    except OSError:
        return NetworkPath(None, remote=True)
    return NetworkPath(own, remote=not peer.is_loopback and own != peer)


def _address(place: tuple[Any, ...]) -> IPAddress:
    return ip_address(str(place[0]).partition("%")[0])


# -- what is printed


def _show(finding: Finding) -> None:
    """Print facts, the classes that are needed and that are not, warnings, and the section."""
    screen, found = Screen(), finding.diagnosis
    for name, text in _facts(finding).items():
        _write_wrapped(screen, f"{name:<8} {text}", indent=9)
    screen.write("")
    screen.show_table(("list", "class", "account", "for"), [*_rows(found.read), *_rows(found.write)])
    screen.write("")
    for warning in found.warnings:
        _write_wrapped(screen, f"warning: {warning}", indent=2)
    if not found.warnings:
        screen.write("no warnings")
    screen.write("")
    for line in finding.section:
        screen.write(safe(line))


def _write_wrapped(screen: Screen, text: str, *, indent: int) -> None:
    for line in wrap(safe(text), WIDTH, subsequent_indent=" " * indent, break_on_hyphens=False):
        screen.write(line)


def _facts(finding: Finding) -> dict[str, str]:
    account, found = finding.account, finding.diagnosis
    told = {True: ", from some addresses only", False: ", from any address", None: ""}
    unknown = "release unknown: CoreSettings needs the class reporting or system"
    release = unknown if finding.release is None else f"Asterisk {finding.release}"
    facts = {
        "server": f"{finding.config.key}, {release}",
        "account": f"{account.username}{told[account.limited]}",
        "read": _listed(found.read),
        "write": _listed(found.write),
    }
    if found.absent:
        facts["absent"] = f"allowed, but not on this server: {brief(found.absent)}"
    return facts


def _listed(side: Side) -> str:
    if side.has is None:
        return "unknown: Asterisk tells it only to accounts with the class command"
    names = ", ".join(side.has) or "none"
    if side.whole:
        return "all" if len(side.has) == len(CLASSES) else names
    return f"{names}; perhaps more: this is what ListCommands shows"


def _rows(side: Side) -> Iterator[tuple[str, ...]]:
    for each, reasons in side.needs.items():
        yield side.name, each, side.standing(each), brief(reasons)


def _record(finding: Finding) -> JsonRecord:
    """Return everything as plain data."""
    account, found = finding.account, finding.diagnosis
    return {
        "type": "doctor",
        "server": finding.config.key,
        "release": finding.release,
        "username": account.username,
        "limited": account.limited,
        "fully_booted": account.booted,
        **{side.name: _side_record(side) for side in (found.read, found.write)},
        "absent": found.absent,
        "warnings": found.warnings,
        "section": finding.section,
    }


def _side_record(side: Side) -> JsonRecord:
    return {
        "has": side.has,
        "whole": side.whole,
        "needs": dict(side.needs),
        "open": side.open,
        "missing": side.missing,
        "unneeded": side.unneeded,
    }
