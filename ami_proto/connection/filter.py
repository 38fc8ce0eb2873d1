"""Which messages a subscription wants: by names, globs and a predicate."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ami_proto.errors import ConfigError
from ami_proto.message.message import Message
from ami_proto.values import plain


@dataclass(frozen=True, slots=True)
class Filter:
    """Choose messages: by names or globs (`Queue*`), case-insensitive; none means all.

    `block` wins over `names`. `where` is called with each message whose name was accepted. `replies` asks
    for the items of list actions too, which otherwise go to their action alone.
    """

    names: tuple[str, ...] = ()
    block: tuple[str, ...] = ()
    where: Callable[[Message], bool] | None = None
    replies: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", _patterns("names", self.names))
        object.__setattr__(self, "block", _patterns("block", self.block))
        if self.where is not None and not callable(self.where):
            raise ConfigError("where", "must be a function of a message, or None")

    def accepts(self, name: str) -> bool:
        """Whether an event of this name passes the lists."""
        if any(_glob(pattern).fullmatch(name) for pattern in self.block):
            return False
        return not self.names or any(_glob(pattern).fullmatch(name) for pattern in self.names)


def _patterns(key: str, given: Iterable[object]) -> tuple[str, ...]:
    """Return the patterns as a tuple. Raises `ConfigError` for a single text and for anything but text.

    A single text would be taken for as many patterns as it has characters.
    """
    if isinstance(given, str):
        raise ConfigError(key, "must be a tuple of patterns, not one text")
    patterns: list[str] = []
    for pattern in given:
        if not isinstance(pattern, str):
            raise ConfigError(key, "each pattern must be text")
        patterns.append(plain(pattern))
    return tuple(patterns)


def _glob(pattern: str) -> re.Pattern[str]:
    """Compile a case-insensitive glob: `*` is any text, `?` any character.

    Text between two stars is matched where it comes first, for good (an atomic group): a hostile name
    cannot make the search start over and over.
    """
    first, *rest = (re.escape(part).replace(r"\?", ".") for part in pattern.split("*"))
    inner = "".join(f"(?>.*?{part})" for part in rest[:-1] if part)
    last = f".*{rest[-1]}" if rest else ""
    return re.compile(first + inner + last, re.IGNORECASE | re.DOTALL)
