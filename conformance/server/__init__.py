r"""A mock AMI server that behaves as Asterisk 22 was seen to: a sans-I/O core and a small loopback host.

How it follows Asterisk
-----------------------
One idea explains most of AMI on the wire: Asterisk serves a session with one thread. The thread reads a line,
at a blank line runs the action to its end, and between lines flushes the events that other threads have
queued for it. Hence lists without an event inside, responses in the order of the actions, and a session that
is deaf and mute while a refused login sleeps, a synchronous Originate rings, or WaitEvent waits. `session` is
that thread as an object, and has no rule beyond it.

Read it in this order:

* `requests`: how bytes become a request, with the reader's two limits and its oddities (get_input,
  do_message);
* `session`: one link; `server`: what the links share; `timeline`: the time that passes for all of them;
* `actions`: the table of actions, and the order in which a request is checked (process_message);
  `authentication`, `cli`, `lists`, `originate`: the handlers; `exchange`: the ways to answer (astman_send_*);
* `state`: the channels, queues and extensions behind the answers; `calls`: what an Originate sets in motion;
  `events`, `security`, `privileges`: what events look like and who may hear them;
* `host` and `link`: real sockets, plain or TLS, and the faults of links.

Use
---
Without sockets::

    server = MockServer()
    session = server.connect(now=0.0)
    session.receive(b"Action: Login\r\nUsername: admin\r\nSecret: s3cr3t\r\n\r\n", now=0.0)
    session.transmit()          # the banner, the response, FullyBooted, SuccessfulAuth

With them::

    with LoopbackServer(MockServer()) as host:
        connect_to("127.0.0.1", host.port)
        host.call(lambda core: core.publish({"Event": "Hello", "Name": "value"}, "system"))
        host.drop_links()

To teach it more, add rows; to misbehave, push any bytes::

    server.add_action(Action("Foo", handler))
    server.cli["foo show"] = lambda server: "text"
    server.world.dialplan["2000"] = (Step("Answer"), Step("Wait", "5"))
    session.push(b"Event: Torn\r\nChan")

Where it differs from a real Asterisk
-------------------------------------
* Calls exist for `Local/` only, with the applications Answer, Wait, Echo, Ringing, Busy, Hangup, Set and
  UserEvent; any other technology fails as an unloaded one does. TestEvent (a build option of the captured
  server) is not sent. The timing of concurrent threads is fixed: what real captures show in varying order
  comes here in one order.
* No `writetimeout`: a slow reader is served for ever. Fixed-size buffers in handlers that tear long
  ActionIDs (facts 6.5) are not imitated.
* 13 and earlier are imitated in the banner, `Command`'s format and FullyBooted only.
* Not captured, so unproved to the letter: security events other than SuccessfulAuth and RequestBadFormat, the
  events of an Originate that nobody answers and of the action Hangup, Hangup's list for a pattern, and the
  texts of Filter's errors.
"""

from .actions import Action
from .exchange import Exchange
from .host import LoopbackServer
from .privileges import Privilege
from .server import DEFAULT_USERS, MockServer
from .session import Session, User
from .state import Step

__all__ = [
    "DEFAULT_USERS",
    "Action",
    "Exchange",
    "LoopbackServer",
    "MockServer",
    "Privilege",
    "Session",
    "Step",
    "User",
]
