"""The login of one session: challenge, login, and, where configured, the wait for FullyBooted and the
set-up actions.
"""

import hashlib
from enum import Enum, unique

from ami_proto.config import ServerConfig
from ami_proto.correlation.outcome import ActionFailed, Outcome
from ami_proto.correlation.pending import Purpose
from ami_proto.message.encode import Action
from ami_proto.values import Disconnect, Reason

Header = tuple[str, str]


@unique
class Step(Enum):
    """How far the login has come."""

    NOT_BEGUN = "not begun"
    ANSWER_AWAITED = "answer awaited"
    BOOT_AWAITED = "FullyBooted awaited"
    SETTING_UP = "setting up"
    """One set-up action is open; the next follows when it has ended."""
    COMPLETE = "complete"


class Login:
    """Say which action comes next, and judge what comes back."""

    __slots__ = ("_config", "_ended", "step")

    def __init__(self, config: ServerConfig) -> None:
        self._config = config
        self._ended = 0
        """How many set-up actions have ended."""
        self.step = Step.NOT_BEGUN

    @property
    def complete(self) -> bool:
        """Whether nothing more is awaited; events are delivered from here on."""
        return self.step is Step.COMPLETE

    @property
    def accepted(self) -> bool:
        """Whether set-up actions may be open, or everything is complete."""
        return self.step is Step.SETTING_UP or self.step is Step.COMPLETE

    def begin(self) -> tuple[Purpose, Action]:
        """Return the first action."""
        self.step = Step.ANSWER_AWAITED
        if self._config.auth == "md5":
            return Purpose.CHALLENGE, Action("Challenge", {"AuthType": "MD5"})
        return Purpose.LOGIN, self._login(("Secret", self._config.secret))

    def answer_challenge(self, outcome: Outcome) -> Action | Disconnect:
        """Return the login that answers the challenge, or why there is none."""
        if outcome.error is not None:
            return _refusal(outcome)
        challenge = outcome.reply.get("Challenge")
        if challenge is None:
            return Disconnect(Reason.PROTOCOL, "the answer to Challenge has no challenge")
        # Lower-case hex: Asterisk compares with strcmp (main/manager.c:2306).
        answer = (challenge + self._config.secret).encode(errors="surrogateescape")
        key = hashlib.md5(answer, usedforsecurity=False).hexdigest()
        return self._login(("AuthType", "MD5"), ("Key", key))

    def finish(self, outcome: Outcome) -> Disconnect | None:
        """Take the answer to the login; return why it was refused."""
        if outcome.error is not None:
            return _refusal(outcome)
        response = outcome.reply.response
        if response is None or (response.name or "").lower() != "success":
            return Disconnect(Reason.PROTOCOL, f"the login was answered with {response!r}")
        self.step = Step.BOOT_AWAITED if self._config.wait_fully_booted else Step.SETTING_UP
        return None

    def handle_fully_booted(self) -> bool:
        """Take the event; return whether it was awaited."""
        awaited = self.step is Step.BOOT_AWAITED
        if awaited:
            self.step = Step.SETTING_UP
        return awaited

    def next_setup(self) -> Action | None:
        """Return the set-up action that comes next; behind the last there is none, and the login is
        complete.
        """
        if self._ended == len(self._config.setup):
            self.step = Step.COMPLETE
            return None
        setup = self._config.setup[self._ended]
        return Action(setup.name, setup.headers)

    def finish_setup(self, outcome: Outcome) -> Disconnect | None:
        """Take the end of a set-up action; return why the session cannot do without it."""
        setup = self._config.setup[self._ended]
        self._ended += 1
        if outcome.error is None or not setup.required:
            return None
        return Disconnect(Reason.SETUP_FAILED, str(outcome.error))

    def overdue(self) -> str:
        """Say in one line what did not come in time."""
        if self.step is Step.SETTING_UP:
            return f"no end of the set-up action {self._config.setup[self._ended].name!r}"
        if self.step is Step.BOOT_AWAITED:
            return "no FullyBooted; it needs class 'system' in the user's read classes and in the event mask"
        return "no answer"

    def _login(self, *proof: Header) -> Action:
        headers: list[Header] = [("Username", self._config.username), *proof]
        if self._config.events is not None:
            headers.append(("Events", self._config.events))
        return Action("Login", headers)


def _refusal(outcome: Outcome) -> Disconnect:
    """Return why there is no login: the server's no, or an answer that could not be read."""
    if isinstance(outcome.error, ActionFailed):
        return Disconnect(Reason.LOGIN_REFUSED, outcome.error.message)
    return Disconnect(Reason.PROTOCOL, str(outcome.error))
