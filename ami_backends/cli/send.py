"""`ami send` and `ami command`: one action, and its reply."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from ami_backends.cli.exits import UsageProblem
from ami_backends.cli.json_lines import json_record, write_json
from ami_backends.cli.options import (
    TARGET_HELP,
    JsonOutput,
    LoginOptions,
    ReplyTimeout,
    require_positive,
    with_login_options,
)
from ami_backends.cli.reporting import AuditOnly, ErrorsOnly
from ami_backends.cli.screen import Screen
from ami_backends.cli.server_file import ServerName, ServersFile, refuse_mixed, server_of
from ami_backends.cli.target import take_target
from ami_backends.clients.arguments import as_words
from ami_backends.configuration import environment_options
from ami_backends.selectors import connect
from ami_proto import Action, ActionError, ActionFailed, ConfigError, Policy, Reply
from ami_proto.drivers import ServerKey, check_request

ActionWords = Annotated[
    list[str],
    typer.Argument(
        metavar="[TARGET] ACTION [HEADER=VALUE]...",
        help=f"{TARGET_HELP} A header may be given more than once.",
        show_default=False,
    ),
]
CommandWords = Annotated[
    list[str],
    typer.Argument(
        metavar='[TARGET] "COMMAND"',
        help=f"{TARGET_HELP} The quotes around COMMAND are optional.",
        show_default=False,
    ),
]

AskedBy = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="On whose behalf: write a line to stderr about what was sent for NAME, and how it ended.",
    ),
]
PolicyName = Annotated[
    str | None,
    typer.Option(
        "--policy",
        metavar="PROFILE",
        help="Send only what PROFILE allows: observe, operate or all; default: the file's, AMI_POLICY.",
    ),
]

BOOT_TIMEOUT = 5.0
"""Seconds to wait for FullyBooted: a user without class `system` waits in vain for it at each `ami send`."""


@with_login_options
def send(
    words: ActionWords,
    login: LoginOptions,
    config: ServersFile = None,
    server: ServerName = None,
    json: JsonOutput = False,
    timeout: ReplyTimeout = None,
    policy: PolicyName = None,
    asked_by: AskedBy = None,
) -> None:
    """Send one action and show its reply.

    Of a list, every item is shown.

    For example: ami send ami://admin@pbx.example.org CoreShowChannels
    """
    destination, rest = _read_words(words, login, config, server, policy)
    if not rest:
        raise UsageProblem("no action: write for example `ami send ami://user@host Ping`")
    action = Action(rest[0], [_header(*each) for each in enumerate(rest[1:], start=1)])
    require_positive("--timeout", timeout)
    destination.check(action, asked_by)
    usual = {"boot_timeout": BOOT_TIMEOUT, "ask_release": False}
    with connect(**(usual | destination.arguments()), on_notice=_listener(asked_by)) as client:
        try:
            _show(client.send(action, timeout=timeout, asked_by=asked_by), json)
        except ActionError as error:
            if json:
                _show(error.reply, json)
            raise


@with_login_options
def command(
    words: CommandWords,
    login: LoginOptions,
    config: ServersFile = None,
    server: ServerName = None,
    json: JsonOutput = False,
    timeout: ReplyTimeout = None,
    policy: PolicyName = None,
    asked_by: AskedBy = None,
) -> None:
    """Run a command of Asterisk's own command line.

    For example: ami command ami://admin@pbx.example.org "core show channels"
    """
    destination, rest = _read_words(words, login, config, server, policy)
    if not rest:
        raise UsageProblem('no command: write for example `ami command ami://user@host "core show version"`')
    action = Action("Command", {"Command": " ".join(rest)})
    require_positive("--timeout", timeout)
    destination.check(action, asked_by)
    quiet = {"events": "off", "wait_fully_booted": False, "ask_release": False}
    with connect(**(destination.arguments() | quiet), on_notice=_listener(asked_by)) as client:
        try:
            reply = client.send(action, timeout=timeout, asked_by=asked_by)
        except ActionFailed as error:
            if json and error.reply.response is not None:
                write_json(json_record(error.reply.response))
            raise
    if json and reply.response is not None:
        write_json(json_record(reply.response))
    else:
        Screen().show_output(reply.output or [])


@dataclass(frozen=True, slots=True)
class Destination:
    """Where an action goes, and what may be sent there."""

    key: ServerKey
    policy: Policy
    arguments: Callable[[], dict[str, Any]]
    """Returns the arguments of `connect`. May read files, and ask for the secret."""

    def check(self, action: Action, asked_by: str | None) -> None:
        """Refuse what would be refused after the login as well, before the secret is asked for.

        Raises `Forbidden`, `InvalidAction`, `UsageProblem`.
        """
        try:
            check_request(action, self.key, self.policy, asked_by)
        except ConfigError as error:
            raise UsageProblem(f"--asked-by {error.rule}") from None


def _read_words(
    words: list[str], login: LoginOptions, config: str | None, server: str | None, policy: str | None
) -> tuple[Destination, list[str]]:
    """Return the destination, and the other words."""
    once: dict[str, Any] = {"reconnect": False, "retry": False}
    if policy is not None:
        once["policy"] = profile_of("--policy", policy)
    refuse_mixed(config, server, words[0] if "://" in words[0] else None, login)
    if config is None:
        target, rest = take_target(words, os.environ)
        if policy is None and (profile := environment_options(os.environ).get("policy")):
            once["policy"] = profile_of("AMI_POLICY", profile)
        allowed = once.get("policy", Policy("all"))
        return Destination(str(target), allowed, lambda: login.arguments(target) | once), rest
    chosen = server_of(config, server)
    allowed = once.get("policy", Policy.of(chosen.policy))
    capped = {"boot_timeout": min(BOOT_TIMEOUT, chosen.boot_timeout)}
    return Destination(chosen.key, allowed, lambda: as_words(chosen) | capped | once), words


def profile_of(name: str, profile: object) -> Policy:
    """Return the policy of a profile. `name` says where it comes from."""
    try:
        return Policy.of(profile)
    except ConfigError:
        raise UsageProblem(f"{name} must be observe, operate or all") from None


def _listener(asked_by: str | None) -> ErrorsOnly:
    return ErrorsOnly() if asked_by is None else AuditOnly()


def _header(place: int, word: str) -> tuple[str, str]:
    """Split `Name=Value`. The error does not quote the word: someone may have pasted a secret there."""
    name, equals, value = word.partition("=")
    if not equals:
        raise UsageProblem(f"word {place} after the action is not a header: write Header=Value")
    return name, value


def _show(reply: Reply, json: bool) -> None:
    """Write the response, the list items, and the event that ends the list."""
    messages = [message for message in (reply.response, *reply.events, reply.complete) if message is not None]
    if json:
        for message in messages:
            write_json(json_record(message))
        if reply.truncated:
            write_json({"type": "drops", "count": reply.dropped})
        if reply.damaged:
            write_json({"type": "damaged", "count": reply.damaged})
        return
    screen = Screen()
    screen.show_whole(messages)
    if reply.truncated:
        screen.write(f"-- {reply.dropped} more items were dropped: the reply is limited")
    if reply.damaged:
        screen.write(f"-- {reply.damaged} frames of the reply were torn: an item may be missing")
