"""Read the facts, the words and the rules, as the records from which tables, stubs and pages are written."""

import json
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Final

from ami_proto.catalogue.action_record import ActionRecord, Parameter
from ami_proto.catalogue.event_record import EventHeader, EventRecord, header_of

HERE: Final = Path(__file__).parent

# `PJSIPShow` is two words, `Channel2` one, `Call-ID` two.
_WORDS: Final = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+\d*|[A-Z]+\d*")
_KEYWORDS: Final = frozenset({"async", "from"})
"""Python's own words, which an argument is not called: `async_`."""

_COMPLETIONS: Final = {
    "list": "list",
    "single or list": "response or list",
    "command": "output",
}
"""How an action ends that follows AMI's convention, by a word of the facts; others have one response."""


@cache
def actions() -> tuple[ActionRecord, ...]:
    """Return each action, in the order of the names."""
    return tuple(_action(name, facts) for name, facts in sorted(_asterisk()["actions"].items(), key=_by_name))


@cache
def events() -> tuple[EventRecord, ...]:
    """Return each event, in the order of the names."""
    return tuple(_event(name, facts) for name, facts in sorted(_asterisk()["events"].items(), key=_by_name))


@cache
def header_groups() -> dict[str, tuple[EventHeader, ...]]:
    """Return the headers that many events have together, by the name of the group."""
    return {name: tuple(map(_header, group)) for name, group in _asterisk()["groups"].items()}


def groups_of(event: str) -> list[tuple[str, str] | EventHeader]:
    """Return the headers of an event: groups, each a name and a prefix, and single ones."""
    return [
        next(iter(each.items())) if isinstance(each, dict) else _header(each)
        for each in (*_asterisk()["events"][event]["headers"], *_rules()["headers"].get(event, ()))
    ]


def has_any_header(event: str) -> bool:
    """Whether nobody knows all headers of an event."""
    return event in _rules()["any_header"]["events"] or not groups_of(event)


def common_headers() -> tuple[str, ...]:
    """Return the headers that every event may have beside its own."""
    common = _rules()["common_headers"]
    return (*common["events"], *common["ends"])


def function_name(action: str) -> str:
    """Return the name of an action's function."""
    named: str = _rules()["functions"].get(action) or snake_case(action)
    return named


def snake_case(name: str) -> str:
    """Return a name of the wire as Python writes it: `ChannelId` is `channel_id`."""
    words = "_".join(word.lower() for word in _WORDS.findall(name))
    return f"{words}_" if words in _KEYWORDS else words


def _action(name: str, facts: dict[str, Any]) -> ActionRecord:
    words = _toml("action_words")["actions"].get(name, {})
    completion, end = _completion(name, facts["completion"])
    return ActionRecord(
        name=name,
        function=function_name(name),
        does=words["does"],
        module=facts["module"],
        privileges=tuple(each.lower() for each in facts["privileges"]),
        since=_since(facts),
        branches=facts["branches"],
        completion=completion,
        end=end,
        items=tuple(_toml("list_items")["items"].get(name, ())),
        blocking=_blocking(name),
        parameters=_parameters(name, facts["parameters"], words),
    )


def _since(facts: dict[str, Any]) -> tuple[str, ...]:
    """Return the releases in which something appeared; none where a branch before all of these has it."""
    since = facts.get("since") or ()
    first = facts["branches"].partition("-")[0].partition(" ")[0]
    earlier = [release for release in since if _numbers(release)[:2] <= (*_numbers(first), 99)[:2]]
    return tuple(since) if earlier else ()


def _numbers(release: str) -> tuple[int, ...]:
    return tuple(map(int, release.split(".")))


def _completion(name: str, documented: str) -> tuple[str, str]:
    """Return how an action ends, and the event that ends it or has the result."""
    rules = _rules()
    ends = {**_toml("list_items")["ends"], **rules["completion_events"]}
    for odd, names in rules["completion"].items():
        if name in names:
            return odd.replace("_", " "), ends.get(name, "")
    return _COMPLETIONS.get(documented, "response"), ends.get(name, "")


def _blocking(name: str) -> str:
    return next((how.replace("_", " ") for how, names in _rules()["blocking"].items() if name in names), "")


def _parameters(action: str, listed: list[Any], words: dict[str, Any]) -> tuple[Parameter, ...]:
    """Return the parameters, the required ones first: those may be given by position."""
    forms = _rules()["form"].get(action, {})
    lists = {argument: headers for argument, headers in forms.items() if isinstance(headers, list)}
    joined = {header: argument for argument, headers in lists.items() for header in headers}
    found: dict[str, Parameter] = {}
    for each in listed:
        spec, *values = each if isinstance(each, list) else [each]
        header = spec.rstrip("!?*")
        if header in joined:
            argument = joined[header]
            found.setdefault(argument, _joined(action, argument, forms[argument], words))
            continue
        form = forms.get(header) or words.get("types", {}).get(header, "text")
        argument = snake_case(header.removesuffix("(0)"))
        if form == "mapping":
            argument = "variables"
        assert argument not in found, f"{action} has two arguments {argument!r}"
        found[argument] = Parameter(
            argument=argument,
            header=header,
            required=_required(action, header, documented=spec.endswith("!")),
            form=form,
            secret=_secret(action, [header]),
            words=tuple(values),
            means=_means(action, header),
        )
    return tuple(sorted(found.values(), key=lambda each: not each.required))


def _required(action: str, header: str, *, documented: bool) -> bool:
    required, optional = _rules()["required"], _rules()["optional"]
    return (documented or header in required.get(action, ())) and header not in optional.get(action, ())


def _joined(action: str, argument: str, headers: list[str], words: dict[str, Any]) -> Parameter:
    """Return the one argument that several headers are written from."""
    return Parameter(
        argument=argument,
        header=" ".join(headers),
        required=False,
        form=argument,
        secret=_secret(action, headers),
        words=(),
        means=_means(action, argument),
    )


def _secret(action: str, headers: list[str]) -> tuple[str, ...]:
    return tuple(each for each in headers if each in _rules()["secret"].get(action, ()))


def _means(action: str, header: str) -> str:
    words = _toml("action_words")
    own = words["actions"].get(action, {}).get("parameters", {})
    means: str = own.get(header) or words["parameters"][header]
    return means


def _event(name: str, facts: dict[str, Any]) -> EventRecord:
    headers: dict[str, EventHeader] = {}
    for each in groups_of(name):
        group = [each] if isinstance(each, EventHeader) else prefixed(*each)
        headers.update((header.name, header) for header in group)
    return EventRecord(
        name=name,
        means=_toml("event_words")["events"][name],
        classes=tuple(each.lower() for each in facts["classes"]),
        since=_since(facts),
        branches=facts["branches"],
        headers=tuple(headers.values()),
    )


def prefixed(group: str, prefix: str) -> tuple[EventHeader, ...]:
    """Return the headers of a group, as those of `DestChannel` are of the group of `Channel`."""
    return tuple(each._replace(name=prefix + each.name) for each in header_groups()[group])


def _header(listed: Any) -> EventHeader:
    return header_of(tuple(listed) if isinstance(listed, list) else listed)


def _by_name(item: tuple[str, Any]) -> str:
    return item[0].lower()


@cache
def _asterisk() -> dict[str, Any]:
    facts: dict[str, Any] = json.loads((HERE / "asterisk.json").read_text("utf-8"))
    return facts


def _rules() -> dict[str, Any]:
    return _toml("rules")


@cache
def _toml(stem: str) -> dict[str, Any]:
    return tomllib.loads((HERE / f"{stem}.toml").read_text("utf-8"))
