"""One program that uses the whole API on every driver, and a comparison of the signatures."""

import inspect
import re
import signal
from typing import Any

import pytest

import ami_backends.anyio
import ami_backends.gevent
import ami_backends.selectors
from ami_backends.clients.arguments import ConnectOptions
from ami_proto import (
    Action,
    ActionFailed,
    ConfigError,
    Drops,
    Message,
    Notice,
    NotReady,
    Overflow,
    Policy,
    SetupAction,
    State,
)
from ami_proto.completion import AsyncEvent
from conformance.laws.peer import PATIENCE
from conformance.mock import LoopbackServer
from conformance.suite.backends import SuiteBackend

EVERY_OPTION: dict[str, Any] = {
    "key": "pbx",
    "tls": None,
    "retry": False,
    "stop_on": (signal.SIGTERM,),
    "timeout": 9.0,
    "auth": "plain",
    "events": "on",
    "wait_fully_booted": True,
    "ask_release": True,
    "setup": (SetupAction("Ping", required=True),),
    "policy": Policy("all", contexts=("default",)),
    "connect_timeout": 9.0,
    "banner_timeout": 9.0,
    "login_timeout": 9.0,
    "boot_timeout": 9.0,
    "frame_timeout": 9.0,
    "action_timeout": 9.0,
    "close_grace": 1.0,
    "heartbeat_interval": 9.0,
    "heartbeat_timeout": 9.0,
    "read_timeout": 60.0,
    "pause_max": 50.0,
    "reconnect": True,
    "retry_refused": "auto",
    "reconnect_min": 0.1,
    "reconnect_max": 0.2,
    "stable_after": 9.0,
    "breaker_threshold": 9,
    "breaker_cooldown": 9.0,
    "max_frame_size": 100_000,
    "max_desyncs": 9,
    "desync_window": 9.0,
    "max_pending_actions": 99,
    "max_outbound_bytes": 1_000_000,
    "max_action_id_length": 50,
    "drop_report_interval": 9.0,
    "redact_names": ("pin",),
    "redact_values": ("[0-9]{16}",),
}
"""Every option of `connect`, but for address, user and `on_notice`."""


async def test_every_call_and_option(backend: SuiteBackend, mock_server: LoopbackServer) -> None:
    """R-DRIVER-07."""
    notices: list[Notice] = []
    async with backend.connect(mock_server.port, on_notice=notices.append, **EVERY_OPTION) as pbx:
        await pbx.wait_ready()
        await pbx.wait_ready(timeout=PATIENCE)
        assert pbx.state.sending

        # send, in all its forms
        assert (await pbx.send("Ping"))["Ping"] == "Pong"
        assert (await pbx.send(Action("Ping"))).get("Ping") == "Pong"
        said = await pbx.send(
            "Command", {"Command": "core show uptime"}, timeout=PATIENCE, wait=True, asked_by="ann"
        )
        assert said.output
        listed = await pbx.send("QueueStatus", Queue="")
        assert listed.complete
        assert [item.name for item in listed] == [item.name for item in listed.events]
        assert listed.response
        assert not listed.truncated
        call: dict[str, Any] = {
            "Channel": "Local/1000@default",
            "Application": "Wait",
            "Data": 0,
            "Async": True,
        }
        answer = AsyncEvent("OriginateResponse", unconfirmed_hint=None)
        placed = await pbx.send("Originate", call, variables={"A": 1}, completion=answer)
        assert placed.events[-1]["Response"] == "Success"
        with pytest.raises(ActionFailed):
            await pbx.send("NoSuchAction", Variable=["a=1", "b=2"])

        # events, in all their forms
        plain = pbx.events("UserEvent")
        chosen = pbx.events(
            "user*",
            "Tick",
            block=("Tick",),
            where=lambda message: message["UserEvent"] != "n0",
            replies=True,
            marks=True,
            limit=2,
            policy=Overflow.DROP_NEWEST,
        )
        for number in range(5):
            await pbx.send("UserEvent", UserEvent=f"n{number}")
        assert [(await plain.get())["UserEvent"] for _ in range(5)] == ["n0", "n1", "n2", "n3", "n4"]
        with pytest.raises(TimeoutError):
            await plain.get(timeout=0)
        one, two, drops = [await chosen.get(PATIENCE) for _ in range(3)]
        assert isinstance(one, Message)
        assert isinstance(two, Message)
        assert (one["UserEvent"], two["UserEvent"], drops) == ("n1", "n2", Drops(2, pbx.snapshot().server))
        plain.close()
        with chosen as same, pbx.events(policy=Overflow.PAUSE) as paused:
            assert same is chosen
            await pbx.send("UserEvent", UserEvent="last")
            async for message in paused:
                assert message["UserEvent"] == "last"
                break

        # looking, and leaving
        seen = pbx.snapshot()
        assert (seen.server, seen.state, seen.subscriptions) == ("pbx", State.READY, ())
        assert (pbx.listener_errors, pbx.log_errors) == (0, 0)
        await pbx.close()
        await pbx.close(grace=0)
        with pytest.raises(NotReady):
            await pbx.send("Ping")
    assert pbx.state is State.CLOSED
    assert notices


async def test_an_unknown_option_raises_the_same_error(
    backend: SuiteBackend, mock_server: LoopbackServer
) -> None:
    """R-CONF-01: before connecting."""
    with pytest.raises(ConfigError, match="unknown key"):
        async with backend.connect(mock_server.port, nosuch=1):
            pytest.fail("it has no such option")
    assert mock_server.accepted == 0


# -- by inspection: no driver has a method, an option or a default of its own

MODULES = [ami_backends.anyio, ami_backends.gevent, ami_backends.selectors]


def signatures_of(kind: type) -> dict[str, str]:
    """Return the public names of a class, and the signature of each."""
    names = {name for each in kind.__mro__[:-1] for name in vars(each) if not name.startswith("_")}
    return {name: signature_of(getattr(kind, name)) for name in names}


def signature_of(word: Any) -> str:
    """Return a method's signature, without the names of the driver's own classes."""
    if isinstance(word, property):
        return "property"
    shown = str(inspect.signature(word)).replace("AbstractAsyncContextManager", "AbstractContextManager")
    shown = re.sub(r"collections.abc.Coroutine\[typing.Any, typing.Any, ([\w.]+)\]", r"\1", shown)
    return re.sub(r"ami_backends\.[a-z.]+", "", shown)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.__name__))
def test_every_driver_has_the_same_methods(module: Any) -> None:
    """R-DRIVER-07: of `Client` and `Events`, with the same arguments and defaults."""
    calls = {"close", "events", "run", "running", "send", "snapshot", "snapshots", "start", "wait_ready"}
    calls |= {"add", "remove", "replace", "reconfigure"}
    calls |= {"command", "getvar", "hangup", "originate", "ping", "pjsip_endpoints", "queue_status"}
    calls |= {"queue_summary", "redirect", "setvar", "status"}
    looks = {"listener_errors", "log_errors", "release", "servers", "state", "supports"}
    assert set(signatures_of(module.Client)) == calls | looks
    assert signatures_of(module.Client) == signatures_of(ami_backends.selectors.Client)
    assert signatures_of(module.Events) == signatures_of(ami_backends.selectors.Events)
    assert {"__enter__", "__exit__"} <= set(dir(module.Events))


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.__name__))
def test_every_driver_has_the_same_connect_and_exports(module: Any) -> None:
    """R-DRIVER-07."""
    parameters = inspect.signature(module.connect).parameters
    assert parameters == inspect.signature(ami_backends.selectors.connect).parameters
    own = {
        "Driver",
        "Reactor",
        "ReactorThread",
        "Runner",
        "Work",
    }  # for those who bring a machine or a loop of their own
    assert set(module.__all__) - own == set(ami_backends.selectors.__all__) - own


def test_the_program_uses_every_option() -> None:
    """R-DRIVER-07: an option that a driver lacks would go unnoticed otherwise."""
    assert set(EVERY_OPTION) - {"stop_on", "timeout"} == ConnectOptions.__optional_keys__
