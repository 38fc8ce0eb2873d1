"""`ami command`: a line for Asterisk's own command line, and its output."""

import os
from typing import Annotated

import typer

from ami_backends.cli.exits import UsageProblem
from ami_backends.cli.login import CaFile, ConnectTimeout, Insecure, Login, SecretFile
from ami_backends.cli.records import record_of, write_record
from ami_backends.cli.screen import Screen
from ami_backends.cli.send import Timeout
from ami_backends.cli.target import take_target
from ami_proto import Action, ActionFailed

Words = Annotated[
    list[str],
    typer.Argument(
        metavar='[TARGET] "COMMAND"', help="Where and what; quotes are optional.", show_default=False
    ),
]
Json = Annotated[bool, typer.Option("--json", help="The response as one JSON object.")]


def command(
    words: Words,
    json: Json = False,
    timeout: Timeout = None,
    secret_file: SecretFile = None,
    ca: CaFile = None,
    insecure: Insecure = False,
    connect_timeout: ConnectTimeout = None,
) -> None:
    """Run a command of Asterisk's command line, such as "core show channels", and show its output.

    Without :// in the first argument the target comes from AMI_HOST, AMI_PORT, AMI_USERNAME, AMI_TLS.
    """
    target, rest = take_target(words, os.environ)
    if not rest:
        raise UsageProblem('no command: write for example `ami command ami://user@host "core show version"`')
    action = Action("Command", {"Command": " ".join(rest)})
    if timeout is not None and not timeout > 0:
        raise UsageProblem("--timeout must be above 0 seconds")
    login = Login(secret_file, ca, insecure, connect_timeout)
    with login.connect(target, reconnect=False, events="off") as client:
        try:
            reply = client.send(action, timeout=timeout)
        except ActionFailed as error:
            if json and error.reply.response is not None:
                write_record(record_of(error.reply.response))
            raise
    if json and reply.response is not None:
        write_record(record_of(reply.response))
    else:
        Screen().show_output(reply.output or [])
