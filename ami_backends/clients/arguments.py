"""The arguments of the user's calls, the same on every driver, and their meaning for the core."""

import signal
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from functools import wraps
from inspect import signature
from typing import Any, Literal, ParamSpec, TypedDict, TypeVar, Unpack

from ami_backends.clients.waiters import OnNotice
from ami_proto import Action, ConfigError, MisuseError, Policy, Secret, ServerConfig, SetupAction, Tls
from ami_proto.drivers import DURATION_MAX, Scalar, Value

_Parameters = ParamSpec("_Parameters")
_Arguments = TypeVar("_Arguments")
_Result = TypeVar("_Result")


def called_like(
    read: Callable[_Parameters, _Arguments],
) -> Callable[[Callable[[_Arguments], _Result]], Callable[_Parameters, _Result]]:
    """Give a function the parameters of `read`, and call it with the result of `read`.

    So the signature of `connect` stands once, although each driver has its own.
    """

    def decorate(function: Callable[[_Arguments], _Result]) -> Callable[_Parameters, _Result]:
        @wraps(function)
        def call(*args: _Parameters.args, **keywords: _Parameters.kwargs) -> _Result:
            return function(read(*args, **keywords))

        shown = signature(read).replace(return_annotation=signature(function).return_annotation)
        call.__signature__ = shown  # type: ignore[attr-defined]  # for `help` and editors
        return call

    return decorate


# -- connect


class ConnectOptions(TypedDict, total=False):
    """The keys of `ServerConfig` besides address and user, for type checkers.

    A `TypedDict` cannot be derived from a dataclass; a test holds the keys and types equal.
    """

    key: str | None
    """`host:port` unless given."""
    tls: Tls | bool | None
    """True verifies the server like `Tls()`."""
    auth: Literal["md5", "plain"]
    events: str | None
    wait_fully_booted: bool | Literal["auto"]
    ask_release: bool
    """True unless given."""
    setup: tuple[SetupAction, ...]
    policy: Policy | Literal["observe", "operate", "all"]
    """What may be sent: a `Policy`, or the name of a profile."""
    connect_timeout: float
    banner_timeout: float
    login_timeout: float
    boot_timeout: float
    action_timeout: float
    close_grace: float
    heartbeat_interval: float
    heartbeat_timeout: float
    read_timeout: float
    frame_timeout: float
    pause_max: float
    reconnect: bool
    retry: bool
    """False unless given: a first attempt that fails ends `connect`."""
    retry_refused: bool | Literal["auto"]
    reconnect_min: float
    reconnect_max: float
    stable_after: float
    breaker_threshold: int
    breaker_cooldown: float
    max_frame_size: int
    max_desyncs: int
    desync_window: float
    max_pending_actions: int
    max_outbound_bytes: int
    max_action_id_length: int
    drop_report_interval: float
    redact_names: tuple[str, ...]
    redact_values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConnectCall:
    """The arguments of one call of `connect`."""

    config: ServerConfig
    on_notice: OnNotice | None
    stop_on: tuple[signal.Signals, ...]
    timeout: float | None


def connect_arguments(
    host: str,
    port: int = 5038,
    *,
    username: str,
    secret: Secret | str,
    on_notice: OnNotice | None = None,
    stop_on: Iterable[signal.Signals] = (),
    timeout: float | None = None,
    **options: Unpack[ConnectOptions],
) -> ConnectCall:
    """Read the arguments of `connect`. Raises `ConfigError`."""
    config = as_config(host, port, username, secret, **options)
    require_duration(timeout)
    return ConnectCall(config, on_notice, tuple(stop_on), timeout)


def require_duration(timeout: object, *, may_be_over: bool = False) -> None:
    """Raise `ConfigError` unless this is a timeout: a number of seconds, or None.

    `may_be_over` takes zero and less as well: what is left until a time that has passed.
    """
    if timeout is None or (isinstance(timeout, int | float) and 0 < timeout <= DURATION_MAX):
        return
    if may_be_over and isinstance(timeout, int | float) and timeout <= 0:
        return
    least = "" if may_be_over else "above 0 and "
    raise ConfigError("timeout", f"must be {least}at most {DURATION_MAX:g} seconds", value=timeout)


def as_config(
    host: str, port: int, username: str, secret: Secret | str, **options: Unpack[ConnectOptions]
) -> ServerConfig:
    """Return the configuration for the arguments of `connect`. Raises `ConfigError`."""
    known = {field.name for field in fields(ServerConfig)}
    for name in options:
        if name not in known:
            raise ConfigError.unknown_key(name, known)
    values: dict[str, Any] = {"retry": False, "ask_release": True, **options}
    key, tls = options.get("key"), options.get("tls")
    values["key"] = f"{host}:{port}" if key is None else key
    values["tls"] = Tls() if tls is True else tls or None
    return ServerConfig(host=host, port=port, username=username, secret=secret, **values)


def as_words(config: ServerConfig) -> dict[str, Any]:
    """Return the arguments of `connect`, on any driver, for a configuration made elsewhere."""
    return {each.name: getattr(config, each.name) for each in fields(config)}


# -- send


def as_action(
    action: Action | str,
    headers: Mapping[str, Value] | None,
    variables: Mapping[str, Scalar] | None,
    keywords: Mapping[str, Any],
) -> Action:
    """Return the action for the arguments of `send`. Raises `InvalidAction`, `MisuseError`.

    Capitalised keywords are headers. Other keywords are misspelt options, and raise.
    """
    unknown = [name for name in keywords if not name[:1].isupper()]
    if unknown:
        raise MisuseError(f"unknown option {unknown[0]!r}: a header begins with a capital letter")
    if isinstance(action, Action):
        if headers or variables or keywords:
            raise MisuseError("this Action has its headers already")
        return action
    if headers is not None and not isinstance(headers, Mapping):
        raise MisuseError(f"headers must be a mapping, not {type(headers).__name__}")
    return Action(action, [*(headers or {}).items(), *keywords.items()], variables=variables)
