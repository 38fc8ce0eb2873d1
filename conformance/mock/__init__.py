r"""A mock AMI server that behaves as captures of Asterisk 16 and 22 do: a sans-I/O core and a loopback host.

How it follows Asterisk
-----------------------
Asterisk serves a session with one thread, and that explains most of AMI on the wire. The thread reads lines;
at an empty line it runs the action to its end; between lines it flushes the events that other threads have
queued. Hence a list contains no other events, responses come in the order of the actions, and a session
neither reads nor writes while a refused login sleeps, a synchronous Originate rings, or WaitEvent waits.
`mock_session` models that thread.

Read it in this order:

* `requests`: how bytes become a request, with the reader's two limits and its oddities (get_input,
  do_message);
* `mock_session`: one link; `core`: what all links share; `timeline`: the virtual time of all of them;
* `actions`: a module of handlers for each area, each with a table of its own, joined to `ACTIONS`; `dispatch`
  has the order in which a request is checked (process_message); `answers` and `exchange` have the ways to
  answer (astman_send_*);
* `state`: the channels, queues and extensions; `inventory`: the configuration, from endpoints to files;
  `calls`: what an Originate starts; `cli`: the CLI commands of `Command`, with tables like those of
  `actions`;
* `event_headers`: the headers of events; `privileges`: their classes;
* `mock_server`: the core with its tables; `playback`: a server that plays a capture; `traffic`: calls that
  the server places itself;
* `faults`, `noise`: planned faults of links;
* `host` and `socket_link`: real sockets, plain or TLS; `process`: the same in a process; `fixtures`: for
  pytest.

Use
---
Without sockets::

    server = MockServer()
    session = server.connect(now=0.0)
    session.receive(b"Action: Login\r\nUsername: admin\r\nSecret: s3cr3t\r\n\r\n", now=0.0)
    session.transmit()          # the banner, the response, FullyBooted, SuccessfulAuth

With sockets::

    with LoopbackServer(MockServer()) as host:
        connect_to("127.0.0.1", host.port)
        host.call(lambda core: core.publish({"Event": "Hello", "Name": "value"}, "system"))
        host.drop_links()

Add actions, CLI commands, extensions and peers, or send any bytes::

    server.add_action(MockAction("Foo", handler))
    server.cli["foo show"] = lambda server: "text"
    server.state.dialplan["2000"] = (DialplanStep("Answer"), DialplanStep("Wait", "5"))
    server.state.inventory.iax_peers.append("carol")
    session.push(b"Event: Torn\r\nChan")

A server that boots slowly is `MockServer(boot_duration=40.0)`, and `server.restart()` lets it boot again.
Plan faults with `MockServer(faults=[PlannedFault(OnRequest(2, "Ping"), Lose())])`. To replay what an Asterisk
sent once, use `Playback(capture("asterisk-22.10.1/call-mix"), pace=0)`, which is a server too.

Where it differs from a real Asterisk
-------------------------------------
* Only `Local/` channels exist, with the applications of `calls.dialplan_applications`; any other technology
  fails as an unloaded one does. Local channels are never optimised away, all contexts of the dialplan are
  one, a queue calls one member at a time, and attended transfers are refused as by a server without a feature
  code.
* TestEvent (a build option of the captured server) is not sent. The timing of concurrent threads is fixed:
  where real captures vary in order, the mock has one order.
* CLI commands print the mock's own data in the captured format, so their sizes differ.
* `writetimeout` is off unless the host is given one: a slow reader is served for ever. Fixed-size buffers in
  handlers that tear long ActionIDs (facts 6.5) are not imitated.
* There are no registrations: peers are as before one, and contacts are those of the configuration. A module
  is only a name and whether it is loaded, which decides whether its actions are known. DAHDI, PRI, MeetMe and
  Skinny are unknown, as on the captured servers.
* 13 and earlier are imitated only in the banner, the format of `Command`, FullyBooted, and the lists without
  `EventList` headers before 13.2.
* Neither captured nor compared, and so not proved: security events other than SuccessfulAuth and
  RequestBadFormat, a blind transfer that succeeds, a Dial or Queue whose caller leaves first, a parked call
  that times out.
"""

from .core import DEFAULT_USERS
from .exchange import Exchange, MockAction
from .faults import PlannedFault
from .host import LoopbackServer
from .mock_server import MockServer
from .mock_session import MockSession, MockUser
from .playback import Playback
from .privileges import Privilege
from .process import MockProcess
from .state import DialplanStep
from .traffic import CallTraffic

__all__ = [
    "DEFAULT_USERS",
    "CallTraffic",
    "DialplanStep",
    "Exchange",
    "LoopbackServer",
    "MockAction",
    "MockProcess",
    "MockServer",
    "MockSession",
    "MockUser",
    "PlannedFault",
    "Playback",
    "Privilege",
]
