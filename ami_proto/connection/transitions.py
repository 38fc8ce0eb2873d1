"""The life of a connection: one table, (state, input) -> (next state, effect).

Nothing else changes the state. An input is something that happened; the effect names what the connection
does about it (`lifecycle.py` has one method for each). Every pair is defined: an input that is not in a
state's row means nothing there and changes nothing, for one of three reasons.

* It cannot come: facts about another session than the present one are dropped before they get here, and
  timers end with the session that they watch.
* It comes twice: a second pong, a second Goodbye.
* It is a request that the surface has refused (`start` while running) or that is idempotent (`stop`).

LOST and GIVEN_UP are the same event, the end of a session that the application did not ask for. Which of
the two it is says whether another session is tried (`Lifecycle.lose`). Why a session ended is in the cause.

A login is one state, not four: no application could act on the difference between challenge, login, the
wait for FullyBooted and the set-up actions (`login.py` keeps the steps).

The diagram, read downwards:

    CLOSED -> DISCONNECTED -> CONNECTING -> CONNECTED -> AUTHENTICATING -> READY <-> DEGRADED
                  ^                 |            |              |            |          |
                  +------ LOST -----+------------+--------------+------------+----------+
    READY, DEGRADED -> CLOSING -> CLOSED; any other state goes straight to CLOSED when stopped.
"""

from enum import Enum, unique
from itertools import product
from typing import NamedTuple

from ami_proto.values import State


@unique
class Input(Enum):
    """Something that can happen to a connection."""

    START = "start"
    ADMITTED = "admitted"
    """Backoff and cooldown are over, and the connection may dial."""
    CONNECTED = "connected"
    BANNER = "banner"
    LOGGED_IN = "logged in"
    """The server accepted the login, and FullyBooted is awaited."""
    BOOTED = "booted"
    """FullyBooted came, or is not waited for any longer."""
    ACCEPTED = "accepted"
    """The login is complete, and the set-up actions have ended."""
    MISSED = "missed"
    """A ping went unanswered, and more may follow."""
    ANSWERED = "answered"
    """A pong came."""
    LOST = "lost"
    """The session ended, and another will be tried."""
    GIVEN_UP = "given up"
    """The session ended, and no other will be tried."""
    STOP = "stop"
    GOODBYE = "goodbye"


@unique
class Effect(Enum):
    """What the connection does about an input."""

    NOTHING = "nothing"
    BEGIN = "begin"
    """Ask for admission at once."""
    DIAL = "dial"
    AWAIT_BANNER = "await banner"
    LOG_IN = "log in"
    AWAIT_BOOT = "await boot"
    """Wait for FullyBooted; the heartbeat watches the session meanwhile."""
    SET_UP = "set up"
    """Send the first set-up action."""
    SERVE = "serve"
    """Record the gap, send the actions that waited, begin the heartbeat."""
    SUSPECT = "suspect"
    """Ping again at once; the connection does not count as stable any more."""
    TRUST = "trust"
    RETRY = "retry"
    """End the session, schedule the next."""
    LOG_OFF = "log off"
    END = "end"
    """End the session, and the actions that waited for another."""


class Transition(NamedTuple):
    """The next state and the effect of one input."""

    state: State
    effect: Effect


_ENDS = {
    Input.LOST: Transition(State.DISCONNECTED, Effect.RETRY),
    Input.GIVEN_UP: Transition(State.CLOSED, Effect.END),
    Input.STOP: Transition(State.CLOSED, Effect.END),
}

_ROWS: dict[State, dict[Input, Transition]] = {
    State.CLOSED: {
        Input.START: Transition(State.DISCONNECTED, Effect.BEGIN),
    },
    State.DISCONNECTED: {
        Input.ADMITTED: Transition(State.CONNECTING, Effect.DIAL),
        Input.STOP: Transition(State.CLOSED, Effect.END),
    },
    State.CONNECTING: {
        Input.CONNECTED: Transition(State.CONNECTED, Effect.AWAIT_BANNER),
        **_ENDS,
    },
    State.CONNECTED: {
        Input.BANNER: Transition(State.AUTHENTICATING, Effect.LOG_IN),
        **_ENDS,
    },
    State.AUTHENTICATING: {
        Input.LOGGED_IN: Transition(State.AUTHENTICATING, Effect.AWAIT_BOOT),
        Input.MISSED: Transition(State.AUTHENTICATING, Effect.SUSPECT),
        Input.BOOTED: Transition(State.AUTHENTICATING, Effect.SET_UP),
        Input.ACCEPTED: Transition(State.READY, Effect.SERVE),
        **_ENDS,
    },
    State.READY: {
        Input.MISSED: Transition(State.DEGRADED, Effect.SUSPECT),
        **_ENDS,
        Input.STOP: Transition(State.CLOSING, Effect.LOG_OFF),
    },
    State.DEGRADED: {
        Input.MISSED: Transition(State.DEGRADED, Effect.SUSPECT),
        Input.ANSWERED: Transition(State.READY, Effect.TRUST),
        **_ENDS,
        Input.STOP: Transition(State.CLOSING, Effect.LOG_OFF),
    },
    State.CLOSING: {
        Input.GOODBYE: Transition(State.CLOSED, Effect.END),
        Input.LOST: Transition(State.CLOSED, Effect.END),
        Input.GIVEN_UP: Transition(State.CLOSED, Effect.END),
    },
}

TRANSITIONS: dict[tuple[State, Input], Transition] = {
    (state, event): _ROWS[state].get(event, Transition(state, Effect.NOTHING))
    for state, event in product(State, Input)
}
"""Every pair, also those without an effect."""
