"""R-OBS-04, R-AUTH-01: the secret, and whatever is redacted, appears in no output whatsoever.

A connection lives a whole life against the mock: it logs in, or is refused by a server that repeats the
secret; it sends actions that hold secrets, loses its session, hears torn frames with secrets in them. All
that it and everything around it says is collected, and searched.
"""

import io
import json
import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest
from virtual import Virtual

from ami_backends._listener import Listener
from ami_backends._words import as_config
from ami_backends.cli.check_config import check_config
from ami_backends.configuration import read_servers
from ami_backends.telemetry import LOGGER_NAME, Logs, Telemetry
from ami_backends.telemetry.metrics import Metrics
from ami_proto import (
    Action,
    ActionFinished,
    Notice,
    Redaction,
    ServerConfig,
    SetupAction,
    State,
    StateChanged,
)
from conformance.playbook import Playbook, frame
from conformance.server import MockServer, User

WORDS = st.text("abcdefghijklmnopqrstuvwxyzäß☎0123456789 :=,;'\"\\\t", min_size=8, max_size=40).map(
    lambda text: f"Zq{text}qZ"
)
"""What nothing says by chance. It has what header lines, assignments and escapes are made of."""
CARD = "4111-1111-1111"
"""What a pattern of values is for."""


class Overheard(logging.Handler):
    """Keeps what is logged: the line, and every attribute."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said += [self.format(record), repr(vars(record))]


class Outputs:
    """Everything that was said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def add(self, *things: object) -> None:
        """Take things in every way in which they may be shown."""
        for thing in things:
            self.said += [repr(thing), str(thing)]
            if isinstance(thing, BaseException):
                self.said.append("".join(traceback.format_exception(thing)))

    def search(self, *secrets: str) -> None:
        """Fail where a secret was said, as it is, or as `repr` and JSON would write it."""
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
    """Return a configuration, by way of plain data."""
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
    """Live against the mock, and take down what is said."""
    world = Virtual(config, MockServer(users=[User("ops", config.secret)]))
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
        ticket = machine.submit(action, world.now)
        outputs.add(action, ticket, machine, machine.snapshot())
        outputs.add(world.outcome(ticket))
    world.server.drop_all()
    world.until(lambda: machine.state is State.READY and machine.snapshot().session is not None)
    machine.stop(world.now)
    world.until(lambda: machine.stopped)
    hear(config, world.notices, outputs)


def a_bad_end(config: ServerConfig, held: str, outputs: Outputs) -> None:
    """Meet a server that repeats what it was told, in errors and in torn frames."""
    play = Playbook(replace(config, setup=())).start().connect().receive(b"Asterisk Call Manager/9.0.0\r\n")
    play.reply(play.unanswered[-1], f"Message: {config.secret} is wrong", status="Error")
    play.wait(5.0).connect().receive(f"{config.secret} said {CARD}\r\n".encode())
    play.wait(5.0).log_in()
    lines = [f"Secret: {held}", f"x AuthToken: {held}", f"Variable: {held}", f"PIN: {held}", CARD]
    for line in lines:
        play.receive(frame(line))
    play.receive(frame("Response: Success", "ActionID: x"), b"Respon" + config.secret.encode())
    play.disconnect().stop()
    hear(config, play.notices, outputs)
    outputs.add(play.connection.snapshot())


def hear(config: ServerConfig, notices: list[Notice], outputs: Outputs) -> None:
    """Log and count the notices, with a listener that raises what it should not."""
    registry = CollectorRegistry()

    def raising(notice: object) -> None:
        raise KeyError(config.secret)  # which says it as `repr` writes it

    with overhearing() as said:
        redaction = Redaction.of(config)
        telemetry = Telemetry(
            raising, metrics=Metrics(registry), logs=Logs(redaction=redaction), redaction=redaction
        )
        listener = Listener(raising, redaction)
        for notice in notices:
            telemetry(notice)
            listener.hear(notice)
            outputs.add(notice)
            if isinstance(notice, ActionFinished) and notice.outcome.error is not None:
                outputs.add(notice.outcome.error)
            if isinstance(notice, StateChanged):
                outputs.add(notice.cause)
        outputs.said += said
    outputs.said.append(generate_latest(registry).decode())


def the_command_line(config: ServerConfig, held: str, outputs: Outputs) -> None:
    """Read it from a file and show it."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "ami.toml")
        setup = f'[{{ name = "Setvar", headers = {{ Value = {json.dumps(held)} }} }}]'
        secret = json.dumps(config.secret)
        text = f'[servers.pbx]\nhost = "h"\nusername = "u"\nsecret = {secret}\nsetup = {setup}\n'
        path.write_text(text, encoding="utf-8")
        stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        with redirect_stdout(stream):
            check_config(str(path))
        stream.seek(0)
        outputs.said.append(stream.read())
        outputs.add(read_servers(path, {}))
        for wrong in ("prot = ", "secret_env = ", "port = 99999\nsecrt = "):
            path.write_text(text + wrong + json.dumps(config.secret), encoding="utf-8")
            with pytest.raises(ValueError, match="pbx") as refused:
                read_servers(path, {})
            outputs.add(refused.value)


def the_words(config: ServerConfig, held: str, outputs: Outputs) -> None:
    """Get it wrong in Python."""
    for options in ({"secrt": held}, {"setup": held}, {"setup": (held,)}):
        with pytest.raises(ValueError, match="=") as refused:
            as_config("h", 5038, "u", config.secret, **options)
        outputs.add(refused.value)
    for value in (f"{config.secret}\r\n", f" {config.secret}", config.secret * 200):
        with pytest.raises(ValueError, match="secret") as refused:
            as_config("h", 5038, "u", value)
        outputs.add(refused.value)
    with pytest.raises(ValueError, match="Setvar") as refused:
        SetupAction("Setvar", (("Value", held + "\n"),))
    outputs.add(refused.value)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(secret=WORDS, held=WORDS, auth=st.sampled_from(["md5", "plain"]))
def test_no_secret_appears_in_any_output(secret: str, held: str, auth: str) -> None:
    """R-OBS-04, R-AUTH-01, R-ACT-05."""
    config, outputs = configured(secret, auth, held), Outputs()
    outputs.add(config, Redaction.of(config))
    a_life(config, held, outputs)
    a_bad_end(config, held, outputs)
    the_command_line(config, held, outputs)
    the_words(config, held, outputs)
    assert any(LOGGER_NAME in each for each in outputs.said), "nothing was logged"
    outputs.search(secret, held, CARD)


def test_what_would_be_said_is_found() -> None:
    """The search itself can fail."""
    outputs = Outputs()
    outputs.add(ValueError("a Zqä9qZ b"))
    with pytest.raises(AssertionError):
        outputs.search("Zqä9qZ")
