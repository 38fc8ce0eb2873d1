"""The login of one session: challenge and login, the wait for FullyBooted, then the set-up actions if the
configuration asks for them. `boot.py` says what the wait is for.
"""

import hashlib
from enum import Enum, unique
from typing import Final

from ami_proto.config.server import ServerConfig
from ami_proto.connection.boot import uptime_min
from ami_proto.connection.transitions import Input
from ami_proto.correlation.entry import Purpose
from ami_proto.correlation.outcome import ActionFailed, Outcome
from ami_proto.message.encoding import Action
from ami_proto.values import Disconnect, Reason

Header = tuple[str, str]


@unique
class Step(Enum):
    """The steps of the login, in order."""

    NOT_BEGUN = "not begun"
    ANSWER_AWAITED = "answer awaited"
    BOOT_AWAITED = "FullyBooted awaited"
    SETTING_UP = "setting up"
    """One set-up action is open; the next follows when it has ended."""
    COMPLETE = "complete"


COMPLETE: Final = Step.COMPLETE
"""Of every session that serves: `values.py` says why it has a name of its own."""


class Login:
    """Choose the next action of the login, and judge its answer."""

    __slots__ = ("_config", "_ended", "boot_hidden", "server_time", "step")

    def __init__(self, config: ServerConfig, *, boot_hidden: bool = False) -> None:
        self.boot_hidden = boot_hidden
        """Whether FullyBooted does not come to this user; False again as soon as one is seen."""
        self.server_time = ""
        """The `Timestamp` of the latest pong."""
        self._config = config
        self._ended = 0
        """How many set-up actions have ended."""
        self.step = Step.NOT_BEGUN

    @property
    def complete(self) -> bool:
        """Whether the login has ended well. Events are delivered from here on."""
        return self.step is COMPLETE

    @property
    def accepted(self) -> bool:
        """Whether the server has accepted the login: set-up actions may be open, or all is complete."""
        return self.step is Step.SETTING_UP or self.step is COMPLETE

    def begin(self) -> tuple[Purpose, Action]:
        """Return the first action."""
        self.step = Step.ANSWER_AWAITED
        if self._config.auth == "md5":
            return Purpose.CHALLENGE, Action("Challenge", {"AuthType": "MD5"})
        return Purpose.LOGIN, self._login(("Secret", self._config.reveal_secret()))

    def answer_challenge(self, outcome: Outcome) -> Action | Disconnect:
        """Return the login that answers the challenge, or why the session cannot log in."""
        if outcome.error is not None:
            return _refusal(outcome)
        challenge = outcome.reply.get("Challenge")
        if challenge is None:
            return Disconnect(Reason.PROTOCOL, "the answer to Challenge has no challenge")
        # Lower-case hex: Asterisk compares with strcmp (main/manager.c:2306).
        answer = (challenge + self._config.reveal_secret()).encode(errors="surrogateescape")
        key = hashlib.md5(answer, usedforsecurity=False).hexdigest()
        return self._login(("AuthType", "MD5"), ("Key", key))

    def finish(self, outcome: Outcome) -> Disconnect | Input | None:
        """Take the answer to the login; return why the session cannot go on, or that the boot is awaited."""
        if outcome.error is not None:
            return _refusal(outcome)
        response = outcome.reply.response
        if response is None or (response.name or "").lower() != "success":
            return Disconnect(Reason.PROTOCOL, f"the login was answered with {response!r}")
        if self._config.awaits_boot and not self.boot_hidden:
            self.step = Step.BOOT_AWAITED
            return Input.LOGGED_IN
        self.step = Step.SETTING_UP
        return None

    def handle_fully_booted(self) -> bool:
        """Take a FullyBooted; return whether the login waited for it."""
        self.boot_hidden = False
        awaited = self.step is Step.BOOT_AWAITED
        if awaited:
            self.step = Step.SETTING_UP
        return awaited

    def judge_uptime(self, status: Outcome) -> bool | None:
        """Take the answer to `CoreStatus`; return whether the server had booted when it answered the login.

        None if FullyBooted came after the question.
        """
        if self.step is not Step.BOOT_AWAITED:
            return None
        started = f"{status.reply.get('CoreStartupDate')} {status.reply.get('CoreStartupTime')}"
        up = uptime_min(started, self.server_time)
        # It is asked `boot_timeout` after the login; where it cannot tell, nothing is to be waited for.
        return up is None or up >= 2 * self._config.boot_timeout

    def end_boot(self) -> bool:
        """Go on with the set-up actions; return whether that is without a FullyBooted."""
        self.boot_hidden = self.step is Step.BOOT_AWAITED
        self.step = Step.SETTING_UP
        return self.boot_hidden

    def next_setup(self) -> Action | None:
        """Return the next set-up action. After the last, return None: the login is complete."""
        if self._ended == len(self._config.setup):
            self.step = COMPLETE
            return None
        setup = self._config.setup[self._ended]
        return Action(setup.name, setup.headers)

    def finish_setup(self, outcome: Outcome) -> Disconnect | None:
        """Take the end of a set-up action; return why the session cannot go on, None if it can."""
        setup = self._config.setup[self._ended]
        self._ended += 1
        if outcome.error is None or not setup.required:
            return None
        return Disconnect(Reason.SETUP_FAILED, str(outcome.error))

    def overdue(self) -> str:
        """Return in one line what did not come in time."""
        if self.step is Step.SETTING_UP:
            return f"no end of the set-up action {self._config.setup[self._ended].name!r}"
        return "no answer"

    def _login(self, *proof: Header) -> Action:
        headers: list[Header] = [("Username", self._config.username), *proof]
        if self._config.events is not None:
            headers.append(("Events", self._config.events))
        return Action("Login", headers)


def _refusal(outcome: Outcome) -> Disconnect:
    """Return why there is no login: the server refused it, or its answer cannot be read."""
    if isinstance(outcome.error, ActionFailed):
        return Disconnect(Reason.LOGIN_REFUSED, outcome.error.message)
    return Disconnect(Reason.PROTOCOL, str(outcome.error))
