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
* `session`: one link; `core`: what the links share; `timeline`: the time that passes for all of them;
* `actions`: a module of handlers for each area; its `table` has the order in which a request is checked
  (process_message), its `answers` and `exchange` the ways to answer (astman_send_*);
* `state`: the channels, queues and extensions behind the answers; `inventory`: what else a server has, from
  telephones to configuration files; `calls`: what an Originate sets in motion; `cli`: what
  `Command` can run; `events`, `security`, `privileges`: what events look like and who may hear them;
* `server`: the core with its tables; `playback`: one that plays a capture; `traffic`: calls by themselves;
* `faults`, `noise`: what can go wrong on a link, planned;
* `host` and `link`: real sockets, plain or TLS; `process`: the same as a process; `fixtures`: for pytest.

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
    server.world.inventory.iax_peers.append("carol")
    session.push(b"Event: Torn\r\nChan")

To misbehave by plan, give faults: `MockServer(faults=[Fault(Asked(2, "Ping"), Lose())])`. To say what an
Asterisk once said: `Playback(capture("asterisk-22.10.1/call-mix"), pace=0)` is a server too.

Where it differs from a real Asterisk
-------------------------------------
* Calls exist for `Local/` only, with the applications of `calls.applications`; any other technology fails as
  an unloaded one does. Local channels are never optimised away, contexts of the dialplan are not told apart,
  a queue calls one member at a time, attended transfers are refused as by a server without a feature code.
* TestEvent (a build option of the captured server) is not sent. The timing of concurrent threads is fixed:
  what real captures show in varying order comes here in one order.
* CLI commands print what the mock has, in the captured form: their sizes differ.
* `writetimeout` is off unless the host is given one: a slow reader is served for ever. Fixed-size buffers in
  handlers that tear long ActionIDs (facts 6.5) are not imitated.
* Nobody registers: peers are as they are before that, and contacts are those of the configuration. A module
  is only its name and whether it is loaded, which decides whether its actions are known. DAHDI, PRI, MeetMe
  and Skinny are unknown, as on the captured servers.
* 13 and earlier are imitated in the banner, `Command`'s format, FullyBooted, and the lists that had no
  `EventList` headers before 13.2, only.
* Neither captured nor compared, so unproved to the letter: security events other than SuccessfulAuth and
  RequestBadFormat, a blind transfer that succeeds, a Dial or Queue whose caller leaves first, a parked call
  that times out.
"""

from .core import DEFAULT_USERS
from .exchange import Action, Exchange
from .faults import Fault
from .host import LoopbackServer
from .playback import Playback
from .privileges import Privilege
from .process import MockProcess
from .server import MockServer
from .session import Session, User
from .state import Step
from .traffic import Traffic

__all__ = [
    "DEFAULT_USERS",
    "Action",
    "Exchange",
    "Fault",
    "LoopbackServer",
    "MockProcess",
    "MockServer",
    "Playback",
    "Privilege",
    "Session",
    "Step",
    "Traffic",
    "User",
]
