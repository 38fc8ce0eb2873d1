"""`ami check-config`: what a configuration file comes to, or the one line that says what is wrong where."""

import json
import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Annotated

import typer

from ami_backends._safe import safe
from ami_backends.cli.screen import Screen
from ami_backends.configuration import read_servers
from ami_proto import Redaction, ServerConfig, SetupAction, Tls

# What a terminal must not see; JSON leaves it as it is, TOML takes it as an escape.
_UNPRINTABLE = re.compile(r"[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")

File = Annotated[str, typer.Argument(metavar="FILE", help="TOML: [defaults] and [servers.NAME].")]


def check_config(file: File) -> None:
    """Read a configuration file and the AMI_ variables, and show what they come to, without secrets.

    What is shown is TOML, one table for each server; what is not set is a comment. Nothing is connected.
    """
    screen = Screen()
    for number, config in enumerate(read_servers(file).values()):
        if number:
            screen.write("")
        for line in _table(config):
            screen.write(safe(line))


def _table(config: ServerConfig) -> list[str]:
    """Return the lines of a server's table."""
    redaction = Redaction.of(config)
    lines = [f"[servers.{_toml(config.key)}]"]
    for each in fields(config):
        value = getattr(config, each.name)
        if each.name == "key":
            continue
        if value is None:
            lines.append(f"# {each.name} is not set")
            continue
        shown = redaction.data({each.name: _plain(value, redaction)})
        assert isinstance(shown, Mapping), "redaction keeps the shape of data"
        lines.append(f"{each.name} = {_toml(shown[each.name])}")
    return lines


def _plain(value: object, redaction: Redaction) -> object:
    """Return a value of a configuration as plain data."""
    match value:
        case Tls():
            return {
                each.name: set_to
                for each in fields(value)
                if (set_to := getattr(value, each.name)) is not None
            }
        case SetupAction(name, headers, required):
            pairs = [list(pair) for pair in redaction.headers(headers, name)]
            return {"name": name, "headers": pairs, "required": required}
        case tuple():
            return [_plain(each, redaction) for each in value]
    return value


def _toml(value: object) -> str:
    """Return a value as TOML writes it."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{name} = {_toml(each)}" for name, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return _UNPRINTABLE.sub(_escape, json.dumps(value, ensure_ascii=False))


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
