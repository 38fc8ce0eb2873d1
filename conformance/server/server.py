"""The mock AMI server: the core, with the actions and the CLI commands that it starts with."""

from functools import cached_property

from .actions import ACTIONS, perform
from .cli import COMMANDS
from .core import CliCommand, Core
from .exchange import Action, Exchange
from .requests import Request
from .session import Session


class MockServer(Core):
    """An Asterisk, as its AMI clients see it. No clock, no socket, no thread.

    `connect` makes a session for each link; `publish` sends an event to all that may hear it; `drop` closes
    links. `world` is the state behind the answers, `cli` what `Command` can run, `actions` the table of
    handlers: change them freely, per server. Time is any monotonic number, passed into every call of the
    transport's side.

    `banner` is the AMI version; `command_format` is "output" (14 and later) or "follows" (13 and earlier).
    """

    @cached_property
    def actions(self) -> dict[str, Action]:
        """Give the actions by name in lower case; `add_action` adds."""
        known = [action for action in ACTIONS if action.since <= self.release <= action.until]
        return {action.name.lower(): action for action in known}

    @cached_property
    def cli(self) -> dict[str, CliCommand]:
        """Give what `Command` can run, by its words in lower case."""
        return dict(COMMANDS)

    def add_action(self, action: Action) -> None:
        """Teach the server an action, or teach it another way to do one."""
        self.actions[action.name.lower()] = action

    def perform(self, session: Session, request: Request) -> None:
        """Run one request."""
        perform(Exchange(self, self.actions, session, request))
