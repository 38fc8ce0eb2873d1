"""R-OBS-04, R-AUTH-01: the secret, and every redacted value, appears in no output whatsoever.

A connection lives a whole life against the mock: it logs in, or is refused by a server that repeats the
secret; it sends actions that hold secrets, loses its session, receives torn frames with secrets in them. A
configuration has the secret in every wrong place. All output is collected and searched.
"""

import io
import json
import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest

from ami_backends.cli.check_config import check_config
from ami_backends.clients.arguments import as_config
from ami_backends.configuration import ConfigFileError, read_servers
from ami_backends.sessions.listener import Listener
from ami_backends.sessions.log_records import DriverLog
from ami_backends.telemetry import LOGGER_NAME, Audit, Logs, Telemetry
from ami_backends.telemetry.metrics import Metrics
from ami_proto import (
    Action,
    ActionFinished,
    ConfigError,
    Notice,
    RequestError,
    Secret,
    ServerConfig,
    SetupAction,
    State,
    StateChanged,
    Tls,
)
from ami_proto.drivers import Redaction
from conformance.laws.playbook import Playbook, frame
from conformance.mock import MockServer, MockUser
from tests.perfect_network import PerfectNetwork

WORDS = st.text("abcdefghijklmnopqrstuvwxyzäß☎0123456789 :=,;'\"\\\t", min_size=8, max_size=40).map(
    lambda text: f"Zq{text}qZ"
)
"""Text that occurs nowhere by chance, with the characters of header lines, assignments and escapes in it."""
ODD_WORDS = WORDS | st.text(st.characters() | st.sampled_from("\udc80\udcff"), min_size=4, max_size=20).map(
    lambda text: f"Zq{text}qZ"
)
"""With control characters and line ends too, and bytes that are not UTF-8."""
CARD = "4111-1111-1111"
"""Masked by a pattern of values."""


class Overheard(logging.Handler):
    """Keep each log record: the line, and every attribute."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said += [self.format(record), repr(vars(record))]


class Outputs:
    """All output, to be searched."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def add(self, *things: object) -> None:
        """Add things in every way in which they may be shown."""
        for thing in things:
            self.said += [repr(thing), str(thing)]
            if isinstance(thing, BaseException):
                self.said += ["".join(traceback.format_exception(thing)), repr(vars(thing))]

    def search(self, *secrets: str) -> None:
        """Fail if a secret occurs, as it is, or as `repr` and JSON would write it."""
        for secret in secrets:
            for form in {secret, repr(secret)[1:-1], ascii(secret)[1:-1], json.dumps(secret)[1:-1]}:
                assert not [each for each in self.said if form in each]


@contextmanager
def overhearing() -> Iterator[list[str]]:
    logger, handler = logging.getLogger("ami_backends"), Overheard()
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield handler.said
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)


def configured(secret: str, auth: str, setup: str) -> ServerConfig:
    """Return a configuration, read from plain data."""
    options = {
        "key": "pbx",
        "host": "192.0.2.1",
        "username": "ops",
        "secret": secret,
        "auth": auth,
        "redact_names": ["^pin$"],
        "redact_values": [r"\d{4}(-\d{4})+"],
        "setup": [{"name": "Setvar", "headers": {"Variable": "X", "Value": setup}}],
    }
    return ServerConfig.from_mapping(options)


def a_life(config: ServerConfig, held: str, outputs: Outputs) -> None:
    """Run a connection against the mock, and collect its output."""
    world = PerfectNetwork(config, MockServer(users=[MockUser("ops", config.reveal_secret())]))
    machine = world.machine
    machine.start(world.now)
    world.until(lambda: machine.state is State.READY)
    actions = [
        Action("Setvar", {"Channel": "Local/none", "Variable": "PIN", "Value": held}),
        Action(
            "Originate", {"Channel": "Local/1000@default", "Application": "Echo"}, variables={"PIN": held}
        ),
        Action("DBPut", {"Family": "f", "Key": "k", "Val": held}),
        Action("Login", {"Username": "ops", "Secret": held}),
        Action("NoSuchAction", {"AuthToken": held, "Password": held}),
    ]
    for action in actions:
        ticket = machine.submit(action, world.now, asked_by=f"{config.reveal_secret()} of Ann"[:256])
        outputs.add(action, ticket, machine, machine.snapshot())
        outputs.add(world.outcome(ticket))
    world.server.drop_all()
    world.until(lambda: machine.state is State.READY and machine.snapshot().session is not None)
    machine.stop(world.now)
    world.until(lambda: machine.stopped)
    read_actions(config, world.notices, outputs)


def a_bad_end(config: ServerConfig, held: str, outputs: Outputs) -> None:
    """Run a connection against a server that repeats secrets, in errors and in torn frames."""
    play = Playbook(replace(config, setup=())).start().connect().receive(b"Asterisk Call Manager/9.0.0\r\n")
    play.reply(play.unanswered[-1], f"Message: {config.reveal_secret()} is wrong", status="Error")
    play.wait(5.0).connect().receive(f"{config.reveal_secret()} said {CARD}\r\n".encode())
    play.wait(5.0).log_in()
    lines = [f"Secret: {held}", f"x AuthToken: {held}", f"Variable: {held}", f"PIN: {held}", CARD]
    for line in lines:
        play.receive(frame(line))
    play.receive(frame("Response: Success", "ActionID: x"), b"Respon" + config.reveal_secret().encode())
    play.disconnect().stop()
    read_actions(config, play.notices, outputs)
    outputs.add(play.connection.snapshot())


def read_actions(config: ServerConfig, notices: list[Notice], outputs: Outputs) -> None:
    """Log and count the notices, with a listener that raises an error with the secret in it."""
    registry = CollectorRegistry()

    def raising(notice: object) -> None:
        raise KeyError(config.reveal_secret())  # its `str` is the `repr` of the secret

    with overhearing() as said:
        redaction = Redaction.of(config)
        telemetry = Telemetry(
            raising, Audit(), metrics=Metrics(registry), logs=Logs(redaction=redaction), redaction=redaction
        )
        listener = Listener(raising, DriverLog(lambda: redaction))
        for notice in notices:
            telemetry(notice)
            listener.notify(notice)
            outputs.add(notice)
            if isinstance(notice, ActionFinished):
                outputs.add(notice.headers, notice.said, notice.outcome.error)
            if isinstance(notice, StateChanged):
                outputs.add(notice.cause)
        outputs.said += said
    outputs.said.append(generate_latest(registry).decode())


def the_command_line(config: ServerConfig, held: str, outputs: Outputs) -> None:
    """Read the configuration from a file and show it."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "ami.toml")
        setup = f'[{{ name = "Setvar", headers = {{ Value = {json.dumps(held)} }} }}]'
        secret = json.dumps(config.reveal_secret())
        text = f'[servers.pbx]\nhost = "h"\nusername = "u"\nsecret = {secret}\nsetup = {setup}\n'
        path.write_text(text, encoding="utf-8")
        stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        with redirect_stdout(stream):
            check_config(str(path))
        stream.seek(0)
        outputs.said.append(stream.read())
        outputs.add(read_servers(path, {}))


def wrong_options(secret: str, outputs: Outputs) -> None:
    """Put the secret in every wrong place of a configuration that is made in Python."""
    raw = secret.encode(errors="backslashreplace")
    wrong: list[dict[Any, Any]] = [
        *({key: secret} for key in ("secrt", secret, "setup", "port", "tls", "auth", "retry", "max_desyncs")),
        *({key: f"{secret} X\r\n"} for key in ("host", "username", "secret", "events")),
        {"setup": (secret,)},
        {"redact_names": (f"{secret}(",)},
        {"redact_values": (raw,)},
        {"tls": Tls(ca_file=f"{secret}\n")},
        {"tls": Tls(server_name=[secret])},  # type: ignore[arg-type]
        {"secret": raw},
        {"secret": f" {secret}"},
        {"secret": secret * 200},
    ]
    for options in wrong:
        words = {"host": "h", "port": 5038, "username": "u", "secret": secret, **options}
        outputs.add(refusal(as_config, **words))
    headers: list[Any] = [
        ((secret, "x" * 2000),),
        (("Value", f"{secret}\n"),),
        ((f"Value:{secret}", "x"),),
        {secret: secret},
        secret,
    ]
    for each in headers:
        outputs.add(refusal(SetupAction, "Setvar", each))
    outputs.add(refusal(SetupAction, f"{secret}\n"))


def wrong_files(secret: str, outputs: Outputs) -> None:
    """Put the secret in every wrong place of a file, and of the environment."""
    quoted, server = json.dumps(secret), '[servers.pbx]\nhost = "h"\nusername = "u"\n'
    keys = ["prot", "port", "auth", "retry", "tls", "setup", "redact_names", "close_grace", "max_desyncs"]
    keys += ("secrets", "my_password", "secret_env", "secret_file")
    lines = [
        *(f"{key} = {quoted}" for key in keys),
        f"port = 99999\nsecrt = {quoted}",
        f"{quoted} = 1",
        f"tls = {{ {quoted} = true }}",
        f"tls = {{ verify = {quoted} }}",
        f"tls = {{ ca_file = [{quoted}] }}",
        f"setup = [{quoted}]",
        f"setup = [{{ {quoted} = 1 }}]",
        f"setup = [{{ name = [{quoted}] }}]",
        f'setup = [{{ name = "X", headers = {{ {quoted} = [[]] }} }}]',
        f'setup = [{{ name = "X", required = {quoted} }}]',
        f"redact_names = [{quoted}, '(']",
        f"events = {json.dumps(f'{secret} X')}",
        f"[defaults]\n{quoted} = 1",
        f"[defaults]\nport = {quoted}",
        f"[{quoted}]",
    ]
    with TemporaryDirectory() as folder:
        path = Path(folder, "ami.toml")
        for line in lines:
            secrets = "" if line.startswith("secret_") else f"secret = {quoted}\n"
            path.write_text(f"{server}{secrets}{line}", encoding="utf-8")
            outputs.add(refusal(read_servers, path, {}))
        path.write_text(server, encoding="utf-8")
        for name in ("PORT", "RETRY", "TLS", "TLS_VERIFY", "CONNECT_TIMEOUT", "AUTH", "SECRET_ENV"):
            environment = {"AMI_SECRET": secret, f"AMI_{name}": secret}
            outputs.add(refusal(read_servers, path, environment))
        for name in ("HOST", "USERNAME", "SECRET", "EVENTS"):
            environment = {"AMI_SECRET": secret, f"AMI_{name}": f"{secret}\n X "}
            outputs.add(refusal(read_servers, path, environment))
        outputs.add(refusal(read_servers, path, {"AMI_SECRET_FILE": secret}))


def refusal(make: Callable[..., object], *values: object, **words: object) -> RequestError:
    with pytest.raises((ConfigError, ConfigFileError)) as refused:
        make(*values, **words)
    return refused.value


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
# A word such as `[[` is a pattern that `re` takes, with a warning of what it may mean in a later Python.
@pytest.mark.filterwarnings("ignore:Possible (nested )?set:FutureWarning")
@given(secret=ODD_WORDS)
def test_no_error_of_a_configuration_shows_the_secret(secret: str) -> None:
    """R-OBS-04, R-CONF-01: whatever key it was given under."""
    outputs = Outputs()
    wrong_options(secret, outputs)
    outputs.add(Secret(secret), [Secret(secret)])
    outputs.search(secret)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(secret=WORDS)
def test_no_error_of_a_file_shows_the_secret(secret: str) -> None:
    """R-OBS-04, R-CONF-02: whatever key or variable it was given under."""
    outputs = Outputs()
    wrong_files(secret, outputs)
    outputs.search(secret)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(secret=WORDS, held=WORDS, auth=st.sampled_from(["md5", "plain"]))
def test_no_secret_appears_in_any_output(secret: str, held: str, auth: str) -> None:
    """R-OBS-04, R-AUTH-01, R-ACT-05."""
    config, outputs = configured(secret, auth, held), Outputs()
    outputs.add(config, Redaction.of(config))
    a_life(config, held, outputs)
    a_bad_end(config, held, outputs)
    the_command_line(config, held, outputs)
    assert any(LOGGER_NAME in each for each in outputs.said), "nothing was logged"
    outputs.search(secret, held, CARD)


def test_a_secret_that_is_shown_is_found() -> None:
    """The search itself can fail."""
    outputs = Outputs()
    outputs.add(ValueError("a Zqä9qZ b"))
    with pytest.raises(AssertionError):
        outputs.search("Zqä9qZ")
