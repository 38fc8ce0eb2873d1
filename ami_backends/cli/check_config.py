"""`ami check-config`: the effective configuration of a file and the environment, or its first error."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from difflib import get_close_matches
from typing import Annotated

import typer

from ami_backends.cli.screen import Screen
from ami_backends.configuration import read_servers
from ami_backends.sessions.printable import safe
from ami_proto import Policy, ServerConfig, SetupAction, Tls
from ami_proto.catalogue.action_record import ACTIONS
from ami_proto.drivers import Redaction

# Characters that could drive a terminal. `json.dumps` leaves them as they are; TOML has escapes for them.
_UNPRINTABLE = re.compile(r"[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")

ConfigFile = Annotated[
    str,
    typer.Argument(
        metavar="FILE", help="A TOML file with a table [servers.NAME] for each server.", show_default=False
    ),
]


def check_config(file: ConfigFile) -> None:
    """Check a configuration file and show what it amounts to.

    The output is TOML, with [defaults] and the AMI_ variables applied, and without secrets. No connection is
    made.
    """
    screen = Screen()
    for number, config in enumerate(read_servers(file).values()):
        if number:
            screen.write("")
        for line in _table(config):
            screen.write(safe(line))


def _table(config: ServerConfig) -> list[str]:
    """Return the lines of a server's table; an option that is not set is a comment."""
    redaction = Redaction.of(config)
    lines = [f"[servers.{_toml(config.key)}]"]
    for each in fields(config):
        value = getattr(config, each.name)
        if each.name == "key":
            continue
        if value is None:
            lines.append(f"# {each.name} is not set")
            continue
        # `auth` is a secret in a header; this one is the word "md5" or "plain".
        name = "value" if each.name == "auth" else each.name
        shown = redaction.data({name: _plain(value, redaction)})
        assert isinstance(shown, Mapping), "redaction keeps the shape of data"
        lines.append(f"{each.name} = {_toml(shown[name])}")
        if isinstance(value, Policy):
            lines += _hints(value, redaction)
    return lines


def _hints(policy: Policy, redaction: Redaction) -> Iterator[str]:
    """Yield a comment for each name of an action that Asterisk does not have. A module may bring it."""
    for name in policy.allow:
        if name.lower() not in ACTIONS:
            close = get_close_matches(name.lower(), ACTIONS, n=1, cutoff=0.75)
            hint = f": did you mean {ACTIONS[close[0]].name}?" if close else ""
            yield f"# policy.allow: Asterisk has no action {redaction.data(name)!r}{hint}"


def _plain(value: object, redaction: Redaction) -> object:
    """Return an option's value as data that `_toml` can write."""
    match value:
        case Tls():
            return {
                each.name: set_to
                for each in fields(value)
                if (set_to := getattr(value, each.name)) is not None
            }
        case Policy():
            return _plain_policy(value)
        case SetupAction(name, headers, required):
            pairs = [list(pair) for pair in redaction.headers(headers, name)]
            return {"name": name, "headers": pairs, "required": required}
        case tuple():
            return [_plain(each, redaction) for each in value]
    return value


def _plain_policy(policy: Policy) -> object:
    """Return a policy as the name of its profile, or as a table of what it adds to that."""
    profile, lists = policy.profile, ("allow", "applications", "contexts", "commands")
    bare = None if profile is None else Policy(profile)
    table: dict[str, object] = {} if profile is None else {"profile": profile}
    for key in lists:
        value, default = getattr(policy, key), () if bare is None else getattr(bare, key)
        if value != default:
            table[key] = list(value)
    return profile if table.keys() == {"profile"} else table


def _toml(value: object) -> str:
    """Return a value as TOML. JSON's strings, numbers and booleans are TOML as well."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{name} = {_toml(each)}" for name, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return _UNPRINTABLE.sub(_escape, json.dumps(value, ensure_ascii=False))


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
