"""The contexts of the dialplan that modules and clients add, and their hints. Calls do not run through them.

The sample is written as in extensions.conf, with the module after the name of each context: the registrar
that ShowDialPlan shows in every row.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

HINT = "hint"
"""The priority of a hint: its application is the device whose state the extension shows."""

_CONTEXT = re.compile(r"\[(.+)\] (\S+)")
_PRIORITY = re.compile(r"([^,]+),(\d+|hint)(?:\((.+?)\))?,([^(]+)(?:\((.*)\))?")

DIRECTIVES = {"include": "IncludeContext", "ignorepat": "IgnorePattern", "switch": "Switch"}
"""The directives of a context, and the header of each in ShowDialPlan."""


@dataclass(frozen=True, slots=True)
class Priority:
    """A priority of an extension."""

    context: str
    extension: str
    priority: str
    """A number, or `HINT`."""
    application: str
    data: str = ""
    label: str = ""
    registrar: str = "pbx_config"


@dataclass(frozen=True, slots=True)
class Directive:
    """An include, ignorepat or switch of a context; `kind` is its header in ShowDialPlan."""

    context: str
    kind: str
    value: str
    registrar: str = "pbx_config"


DialplanRow = Priority | Directive


def read_contexts(text: str) -> Iterator[DialplanRow]:
    """Parse contexts. Raises ValueError for any other line."""
    context = registrar = ""
    for line in filter(None, map(str.strip, text.splitlines())):
        key, _, value = line.partition(" => ")
        if match := _CONTEXT.fullmatch(line):
            context, registrar = match.groups()
        elif key in DIRECTIVES:
            yield Directive(context, DIRECTIVES[key], value, registrar)
        elif key == "exten" and (match := _PRIORITY.fullmatch(value)):
            extension, priority, label, application, data = match.groups("")
            yield Priority(context, extension, priority, application, data, label, registrar)
        else:
            raise ValueError(f"not a line of a dialplan: {line!r}")


def sample_rows() -> list[DialplanRow]:
    """Return rows of each form in the captures, without those of parking spaces, which come from the lot."""
    return list(read_contexts(_CONTEXTS))


_CONTEXTS = """
    [default] pbx_lua
    exten => 1234,hint,SIP/1234
    switch => Lua/

    [parkedcalls] res_parking
    exten => 700,1,Park

    [__func_periodic_hook_context__] func_periodic_hook
    exten => beep,1,Answer
    exten => beep,2,Playback(beep)

    [local] pbx_lua
    switch => Lua/

    [demo] pbx_lua
    exten => 1000,hint,SIP/1000
    exten => 1001,hint,SIP/1001
    switch => Lua/

    [ael-demo] pbx_ael
    exten => s,1,Wait(1)
    exten => s,2,Answer
    exten => s,3,Set(TIMEOUT(digit)=5)
    exten => s,4,Set(TIMEOUT(response)=10)
    exten => s,5(restart),Background(demo-congrats)
    exten => s,6(instructions),MSet(x=$[0])
    exten => s,7,GotoIf($[ ${x} < 3]?8:12)

    [ael-local] pbx_ael
    include => ael-default
    include => ael-trunklocal
    ignorepat => 9

    [ael-trunklocal] pbx_ael
    exten => _9NXXXXXX,1,Dial(${OUTBOUND-TRUNK}/${EXTEN:${OUTBOUND-TRUNKMSD}})
"""
