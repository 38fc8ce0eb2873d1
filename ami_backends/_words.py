"""The words of the user's API, the same on every driver: what a call means to the engine."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, Literal, TypedDict, Unpack

from ami_proto import Action, ConfigError, MisuseError, ServerConfig, SetupAction, Tls

Scalar = str | int | float | bool
Value = Scalar | Sequence[Scalar]
"""What a header takes; a sequence repeats the header."""


class Options(TypedDict, total=False):
    """The keys of `ServerConfig` that `connect` takes as they are."""

    auth: Literal["md5", "plain"]
    events: str | None
    wait_fully_booted: bool
    setup: tuple[SetupAction, ...]
    connect_timeout: float
    banner_timeout: float
    login_timeout: float
    action_timeout: float
    close_grace: float
    heartbeat_interval: float
    heartbeat_timeout: float
    read_timeout: float
    reconnect: bool
    retry_refused: bool
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


class ConnectOptions(Options, total=False):
    """What `connect` takes besides address and user."""

    key: str | None
    tls: Tls | bool | None
    retry: bool


def as_config(
    host: str,
    port: int,
    username: str,
    secret: str,
    *,
    key: str | None = None,
    tls: Tls | bool | None = None,
    retry: bool = False,
    **options: Unpack[Options],
) -> ServerConfig:
    """Return the configuration that a call of `connect` names. Raises `ConfigError`.

    The key is `host:port` unless given; `tls=True` verifies as `Tls()` does.
    """
    known = {field.name for field in fields(ServerConfig)}
    for name in options:
        if name not in known:
            raise ConfigError(name, "...", "unknown option")  # its value may be a secret, misspelt
    return ServerConfig(
        key=f"{host}:{port}" if key is None else key,
        host=host,
        port=port,
        username=username,
        secret=secret,
        tls=Tls() if tls is True else tls or None,
        retry=retry,
        **options,
    )


def as_words(config: ServerConfig) -> dict[str, Any]:
    """Return what to call `connect` with, on any driver, for a configuration made elsewhere."""
    return {each.name: getattr(config, each.name) for each in fields(config)}


def as_action(
    action: Action | str,
    headers: Mapping[str, Value] | None,
    variables: Mapping[str, Scalar] | None,
    keywords: Mapping[str, Any],
) -> Action:
    """Return the action that a call of `send` names. Raises `InvalidAction`, `MisuseError`.

    Capitalised keywords are headers; a lower-case one is an option, and an unknown option an error.
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
