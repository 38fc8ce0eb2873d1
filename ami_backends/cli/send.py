"""`ami send`: any action, and everything that Asterisk answers."""

import os
from typing import Annotated

import typer

from ami_backends.cli.exits import UsageProblem
from ami_backends.cli.login import CaFile, ConnectTimeout, Insecure, Login, SecretFile
from ami_backends.cli.records import record_of, write_record
from ami_backends.cli.screen import Screen
from ami_backends.cli.target import take_target
from ami_proto import Action, ActionError, Reply

Words = Annotated[
    list[str],
    typer.Argument(
        metavar="[TARGET] ACTION [HEADER=VALUE]...",
        help="Where, what, and with which headers; a header may come more than once.",
        show_default=False,
    ),
]
Json = Annotated[
    bool, typer.Option("--json", help="One JSON object a line: the response, then the list items.")
]
Timeout = Annotated[
    float | None, typer.Option(metavar="SECONDS", help="Patience with the answer; 30 by default.")
]


def send(
    words: Words,
    json: Json = False,
    timeout: Timeout = None,
    secret_file: SecretFile = None,
    ca: CaFile = None,
    insecure: Insecure = False,
    connect_timeout: ConnectTimeout = None,
) -> None:
    """Send one action and show the whole answer, list items included.

    Without :// in the first argument the target comes from AMI_HOST, AMI_PORT, AMI_USERNAME, AMI_TLS.
    """
    target, rest = take_target(words, os.environ)
    if not rest:
        raise UsageProblem("no action: write for example `ami send ami://user@host Ping`")
    action = Action(rest[0], [_header(*each) for each in enumerate(rest[1:], start=1)])
    if timeout is not None and not timeout > 0:
        raise UsageProblem("--timeout must be above 0 seconds")
    login = Login(secret_file, ca, insecure, connect_timeout)
    with login.connect(target, reconnect=False) as client:
        try:
            _show(client.send(action, timeout=timeout), json)
        except ActionError as error:
            if json:
                _show(error.reply, json)
            raise


def _header(place: int, word: str) -> tuple[str, str]:
    """Return the header that a word is; one that is none may hold a secret, and is not repeated."""
    name, equals, value = word.partition("=")
    if not equals:
        raise UsageProblem(f"word {place} behind the action is no header: write Header=Value")
    return name, value


def _show(reply: Reply, json: bool) -> None:
    """Write the response, the items, and the event that closes a list."""
    messages = [message for message in (reply.response, *reply.events, reply.complete) if message is not None]
    if json:
        for message in messages:
            write_record(record_of(message))
        if reply.truncated:
            write_record({"type": "drops", "count": reply.dropped})
        return
    screen = Screen()
    screen.show_whole(messages)
    if reply.truncated:
        screen.write(f"-- {reply.dropped} more items were too many to keep")
