"""What a world says when the machine and the server's ledger disagree."""

from typing import NoReturn

from conformance.laws.trace import Trace

SHOWN_MAX = 400
"""Characters of what was expected, or of what came, that an error shows."""


class LedgerContradicted(AssertionError):
    """A machine told or did something else than the ledger has (R-WORLD-01).

    `rule` names the rule. The message has what was expected, what came, and the last lines of the trace.
    """

    def __init__(self, rule: str, what: str, expected: object, got: object, trace: Trace) -> None:
        shown = [str(each)[:SHOWN_MAX] for each in (expected, got)]
        super().__init__(
            f"{rule}: {what}\n  expected: {shown[0]}\n  got:      {shown[1]}\nthe story so far:\n{trace.tail}"
        )
        self.rule = rule


class Complaints:
    """Raise what is wrong, with the trace of one world. The first one is kept in `first`."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self.first: LedgerContradicted | None = None

    def fail(self, rule: str, what: str, expected: object, got: object) -> NoReturn:
        """Raise `LedgerContradicted`."""
        error = LedgerContradicted(rule, what, expected, got, self._trace)
        self.first = self.first or error
        raise error
