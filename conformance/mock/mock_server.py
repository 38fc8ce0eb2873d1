"""The mock AMI server: the core with its actions and CLI commands."""

from functools import cached_property

from .actions import ACTIONS, perform
from .cli import CLI_COMMANDS
from .core import CliCommand, Core
from .exchange import Exchange, MockAction
from .mock_session import MockSession
from .requests import Request


class MockServer(Core):
    """An Asterisk as its AMI clients see it, without clock, socket or thread.

    `connect` makes a session for each link; `publish` sends an event to the sessions that may receive it;
    `drop` closes a session. `state` holds the channels, queues and so on that answers list, `cli` the CLI
    commands, `actions` the table of handlers: change them at any time, per server. Time is any monotonic
    number, passed to each call of the transport.

    `banner` is the AMI version; `command_format` is "output" (14 and later) or "follows" (13 and earlier).
    """

    @cached_property
    def actions(self) -> dict[str, MockAction]:
        """The actions of this release by name in lower case; `add_action` adds to them."""
        known = [action for action in ACTIONS if action.since <= self.release <= action.until]
        return {action.name.lower(): action for action in known}

    @cached_property
    def cli(self) -> dict[str, CliCommand]:
        """The CLI commands without arguments, by their words in lower case."""
        return dict(CLI_COMMANDS)

    def add_action(self, action: MockAction) -> None:
        """Add an action, or replace the one of that name."""
        self.actions[action.name.lower()] = action

    def perform(self, session: MockSession, request: Request) -> None:
        """Run one request."""
        perform(Exchange(self, self.actions, session, request))
