"""What an account of Asterisk lacks, and has too much of, for what a configuration needs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from ami_backends.cli.account import KnownAccount
from ami_backends.cli.needs import CLASSES, POWERFUL, Classes, Needs, in_order, smallest
from ami_proto import ServerConfig
from ami_proto.catalogue.action_record import ACTIONS
from ami_proto.catalogue.releases import has_action

REASONS_MAX: Final = 2
"""Reasons that a sentence names; it counts the others."""


@dataclass(frozen=True, slots=True)
class Side:
    """The classes of `read` or of `write`."""

    name: str
    has: tuple[str, ...] | None
    """The classes that the account has; None where Asterisk does not tell."""
    whole: bool
    """Whether `has` is all of them."""
    needs: Mapping[str, tuple[str, ...]]
    """The fewest classes that do, each with the actions or events for which no other of them does."""
    open: bool
    """Whether more may be needed: the configuration does not say what the program sends, or reads."""
    missing: tuple[str, ...]
    unneeded: tuple[str, ...]

    def standing(self, name: str) -> str:
        """Return in a word whether the account has a class: `advised` replaces one with more power."""
        if name in self.missing:
            return "missing"
        if name in (self.has or ()):
            return "there"
        return "advised" if self.whole else "unknown"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found."""

    read: Side
    write: Side
    absent: tuple[str, ...]
    """Allowed actions that this server lacks."""
    warnings: tuple[str, ...]


def diagnose(
    config: ServerConfig, needs: Needs, account: KnownAccount, release: str | None, *, remote: bool
) -> Diagnosis:
    """Compare what a configuration needs with its account. `remote` says that the server is another host."""
    absent = tuple(name for name in needs.actions if _is_absent(name, account, release))
    read, write = _read_side(needs, account), _write_side(needs, account, absent)
    warnings = [
        *_link_warnings(config, remote=remote),
        *_boot_warnings(config, account),
        *_side_warnings(read),
        *_side_warnings(write),
        *_name_warnings(needs, absent),
        *_limit_warnings(needs, account),
    ]
    return Diagnosis(read, write, absent, tuple(warnings))


def brief(names: Iterable[str]) -> str:
    """Return the first names, and the number of the others."""
    every = list(names)
    rest = len(every) - REASONS_MAX
    return ", ".join(every[:REASONS_MAX]) + (f" and {rest} more" if rest > 0 else "")


def _is_absent(name: str, account: KnownAccount, release: str | None) -> bool:
    """Whether a server does not list an action. It lists only those that the user may run."""
    if name.lower() in account.actions:
        return False
    record = ACTIONS.get(name.lower())
    if record is None or (release is not None and has_action(release, name) is False):
        return True
    return not record.privileges or not account.held.isdisjoint(record.privileges)


def _read_side(needs: Needs, account: KnownAccount) -> Side:
    lacked = frozenset[str]() if account.read is None else frozenset(CLASSES) - account.read
    return _side("read", account.read, needs.events, lacked, whole=True, is_open=needs.any_event)


def _write_side(needs: Needs, account: KnownAccount, absent: Iterable[str]) -> Side:
    present = sorted((each for each in needs.actions if each not in {*absent}), key=_is_of_a_module)
    classes = {name: account.actions.get(name.lower()) or _documented(name) for name in present}
    # An action that is listed is allowed, by whichever of its classes.
    denied = [each for name, each in classes.items() if name.lower() not in account.actions]
    lacked = frozenset[str]().union(*denied) - account.held
    whole = account.write is not None
    return _side("write", account.held, classes, lacked, whole=whole, is_open=needs.any_action)


def _side(
    name: str,
    has: Classes | None,
    needs: Mapping[str, Classes],
    lacked: Classes,
    *,
    whole: bool,
    is_open: bool,
) -> Side:
    """Return a side for the names that are needed, and the classes of these that the account lacks."""
    enough = smallest(needs)
    unneeded = frozenset[str]() if is_open or has is None else has - enough
    return Side(
        name=name,
        has=None if has is None else in_order(has),
        whole=whole and has is not None,
        needs={
            each: tuple(what for what, classes in needs.items() if classes & enough == {each})
            for each in in_order(enough)
        },
        open=is_open,
        missing=in_order(enough & lacked),
        unneeded=in_order(unneeded),
    )


def _documented(name: str) -> Classes:
    record = ACTIONS.get(name.lower())
    return frozenset(() if record is None else record.privileges)


def _is_of_a_module(name: str) -> bool:
    return name.lower() not in ACTIONS or ACTIONS[name.lower()].module != "core"


# -- sentences


def _link_warnings(config: ServerConfig, *, remote: bool) -> list[str]:
    if config.tls is not None:
        blind = "the certificate is not verified: anybody on the way can pose as the server"
        return [] if config.tls.verify else [blind]
    if not remote:
        return []
    secret = "the secret and " if config.auth == "plain" else ""
    return [f"plain TCP to another host: anybody on the way reads {secret}what is sent, and can change it"]


def _boot_warnings(config: ServerConfig, account: KnownAccount) -> list[str]:
    if account.booted is not False or not config.awaits_boot:
        return []
    if account.read is None:
        return ["no FullyBooted came: read lacks system, an eventfilter hides it, or the server still boots"]
    if "system" in account.read:
        return ["no FullyBooted came: an eventfilter hides it, or the server still boots"]
    return []  # that read lacks system is said anyway


def _side_warnings(side: Side) -> list[str]:
    missing = [f"{side.name} lacks {each}, for {_reasons(side, each)}" for each in side.missing]
    powerful = [each for each in side.unneeded if each in POWERFUL and side.name == "write"]
    harmless = [each for each in side.unneeded if each not in powerful]
    if powerful:
        missing.append(f"write has power that nothing here needs: {', '.join(powerful)}")
    if harmless:
        missing.append(f"{side.name} has more than is needed: {', '.join(harmless)}")
    return missing


def _reasons(side: Side, name: str) -> str:
    """Return what a class is for. An action of a module that is not listed may not be there at all."""
    doubtful = not side.whole and all(map(_is_of_a_module, side.needs[name]))
    return brief(side.needs[name]) + (", unless their modules are not loaded" if doubtful else "")


def _name_warnings(needs: Needs, absent: Iterable[str]) -> list[str]:
    said = [f"this server does not list {each}" for each in absent if each.lower() in needs.named]
    said += [f"no event of this release is called {each}" for each in needs.unknown]
    if needs.masked:
        said.append(f"the option events leaves out {brief(needs.masked)}")
    return said


def _limit_warnings(needs: Needs, account: KnownAccount) -> list[str]:
    powers = [each for each in POWERFUL if each in account.held]
    if not needs.any_action or not powers:
        return []
    return [f"the policy allows everything, and write has {', '.join(powers)}: nothing limits what is sent"]
