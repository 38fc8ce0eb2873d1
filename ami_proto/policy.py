"""Which actions the application may send: plain lists of what is allowed (R-POLICY-01).

Nothing here guesses what is dangerous. A name is in a list, or the action is forbidden: `Setvar`, `DBPut`
and `UpdateConfig` are, and so is an action that no release has yet. A policy judges the names of actions, and
where calls go:

* An `Originate` with an `Application` is judged by that, else by its `Context`: beside an application,
  Asterisk ignores the context (main/manager.c, `action_originate`). `Data` and `Variable` are not judged.
* `Redirect`, `Atxfer` and `BlindTransfer` send a channel to a `Context`. Without one, Asterisk takes that of
  the channel, which nobody has allowed.
* A `Local` channel, in an `Originate` or as a member of a queue, is a call into the context after its `@`,
  or into `default` (main/core_local.c, `local_alloc`). `PreDialGoSub` runs in the context that it names.
* A `Command` is judged by its line alone.

Asterisk compares names of actions, applications and technologies in any case, those of contexts exactly.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Final, Literal, Self

from ami_proto.errors import ConfigError
from ami_proto.values import plain

Headers = Iterable[tuple[str, str]]

ProfileName = Literal["observe", "operate", "all"]

_OBSERVE: Final = """
    Agents BridgeInfo BridgeList BridgeTechnologyList ConfbridgeList ConfbridgeListRooms CoreSettings
    CoreShowChannelMap CoreShowChannels CoreStatus DAHDIShowChannels DAHDIShowStatus DeviceStateList
    ExtensionState ExtensionStateList FAXSession FAXSessions FAXStats FilterList IAXnetstats IAXpeerlist
    IAXpeers IAXregistry ListCommands MailboxCount MailboxStatus MeetmeList MeetmeListRooms ModuleCheck MWIGet
    ParkedCalls Parkinglots Ping PJSIPShowAors PJSIPShowContacts PJSIPShowEndpoints PJSIPShowMaintenance
    PJSIPShowRegistrationInboundContactStatuses PJSIPShowRegistrationsInbound PJSIPShowResourceLists
    PJSIPShowSubscriptionsInbound PJSIPShowSubscriptionsOutbound PresenceState PresenceStateList PRIShowSpans
    QueueRule Queues QueueStatus QueueSummary SIPpeers SIPpeerstatus SIPshowpeer SIPshowregistry
    SKINNYdevices SKINNYlines SKINNYshowdevice SKINNYshowline VoicemailBoxSummary VoicemailUsersList
    VoicemailUserStatus
"""
OBSERVE: Final = tuple(_OBSERVE.split())
"""Profile `observe`: actions that tell how the server, its channels, queues and devices are.

Left out although they read: `Getvar` and `Status`, because they evaluate dialplan functions, some of which
write; `GetConfig`, `DBGet`, `DataGet`, `ShowDialPlan`, `PJSIPShowAuths`, `PJSIPShowEndpoint` and
`PJSIPShowRegistrationsOutbound`, because their replies may hold passwords; `Events`, `Filter` and
`WaitEvent`, because they change what the session hears, for all its subscribers.
"""

_OPERATE: Final = """
    AgentLogoff Atxfer BlindTransfer Bridge BridgeKick CancelAtxfer ConfbridgeKick ConfbridgeLock
    ConfbridgeMute ConfbridgeUnlock ConfbridgeUnmute DAHDIHangup Hangup MeetmeMute MeetmeUnmute MixMonitorMute
    MuteAudio Originate Park PauseMonitor PJSIPHangup PlayDTMF QueueAdd QueueChangePriorityCaller
    QueueMemberRingInUse QueuePause QueuePenalty QueueRemove QueueWithdrawCaller Redirect SendFlash SendText
    UnpauseMonitor
"""
OPERATE: Final = (*OBSERVE, *_OPERATE.split())
"""Profile `operate`: `observe`, and the daily control of calls, queue members and conferences.

Calls go only to the contexts and applications that the user names: there are none by default. Left out:
recordings that begin or end (`MixMonitor` runs a shell command), and everything that changes the server.
"""

_PROFILES: Final[Mapping[str, tuple[str, ...]]] = {"observe": OBSERVE, "operate": OPERATE, "all": ()}

# Actions that send a call to the context in their header `Context`.
_PLACES_A_CALL: Final = frozenset({"atxfer", "blindtransfer", "originate", "redirect"})

# The header with a channel that the action calls, now or later.
_CALLS: Final = {"originate": "channel", "queueadd": "interface"}

_LOCAL: Final = "local"
_LOCAL_CONTEXT: Final = "default"
_GOSUB_PARTS: Final = 3
"""Context, extension, priority. With fewer, a Gosub stays in the context of the channel."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What may be sent. Immutable. Raises `ConfigError`.

    A list that is not given allows everything in profile `all`, and nothing otherwise. Without a profile,
    `allow` alone says which actions are allowed.
    """

    profile: ProfileName | None = None
    """`observe`, `operate` or `all`: the actions that are allowed beside those of `allow`."""
    allow: tuple[str, ...] = ()
    """Names of more actions, in any case. Names that Asterisk does not have are taken: modules bring their
    own, and a mistyped name allows nothing."""
    applications: tuple[str, ...] | None = None
    """Applications that an Originate may run, in any case."""
    contexts: tuple[str, ...] | None = None
    """Contexts that a call may be sent to, as they are written in the dialplan."""
    commands: tuple[str, ...] | None = None
    """Whole lines that a Command may have. They alone decide about Command."""

    _actions: frozenset[str] | None = field(init=False, repr=False, compare=False)
    _applications: frozenset[str] | None = field(init=False, repr=False, compare=False)

    @classmethod
    def of(cls, value: object) -> Self:
        """Return the policy that a value stands for: itself, the name of a profile, or a mapping of its keys.

        Raises `ConfigError`.
        """
        if isinstance(value, cls):
            return value
        if isinstance(value, str) and (name := plain(value).strip()) in _PROFILES:
            value = {"profile": name}
        if not isinstance(value, Mapping):
            raise ConfigError("policy", "must be 'observe', 'operate', 'all', or a table")
        for key in value:
            if key not in _KEYS:
                raise ConfigError.unknown_key(key, _KEYS, "policy")
        return cls(**value)

    def __post_init__(self) -> None:
        object.__setattr__(self, "profile", plain(self.profile))  # the class is frozen
        if self.profile is not None and self.profile not in tuple(_PROFILES):
            raise ConfigError("policy.profile", "must be 'observe', 'operate' or 'all'")
        for name in ("allow", "applications", "contexts", "commands"):
            given: object = getattr(self, name)
            if given is None and (name == "allow" or self.profile != "all"):
                given = ()
            object.__setattr__(self, name, given if given is None else _texts(f"policy.{name}", given))
        if "command" in _lowered(self.allow):
            raise ConfigError("policy.allow", "must not have Command: name its lines in policy.commands")
        if self.profile is None and not self.allow and not self.commands:
            raise ConfigError("policy", "must have a profile, or allow")
        names = self.allow if self.profile is None else (*_PROFILES[self.profile], *self.allow)
        object.__setattr__(self, "_actions", None if self.profile == "all" else _lowered(names))
        applications = self.applications
        object.__setattr__(self, "_applications", None if applications is None else _lowered(applications))

    @property
    def judges(self) -> bool:
        """Whether there is anything that it forbids."""
        lists = (self._actions, self.applications, self.contexts, self.commands)
        return any(each is not None for each in lists)

    def allows_some(self, action: str) -> bool:
        """Whether an action of this name can be allowed. Its headers decide whether this one is."""
        key = action.lower()
        if key == "command":
            return self.commands is None or bool(self.commands)
        if self._actions is not None and key not in self._actions:
            return False
        runs = key == "originate" and (self.applications is None or bool(self.applications))
        return key not in _PLACES_A_CALL or runs or self.contexts is None or bool(self.contexts)

    def objection(self, action: str, headers: Headers) -> str | None:
        """Return why an action is forbidden, or None. It shows no value, because that may be a secret."""
        key, values = action.lower(), _first_values(headers)
        if key == "command":
            return _missing(values.get("command", ""), self.commands, "its line", "commands")
        if self._actions is not None and key not in self._actions:
            beside = "" if self.profile is None else f"in profile {self.profile}, nor "
            return f"it is not {beside}in policy.allow"
        return self._objection_to_application(key, values) or self._objection_to_contexts(key, values)

    def _objection_to_application(self, key: str, values: Mapping[str, str]) -> str | None:
        if key != "originate" or not (application := values.get("application")):
            return None
        return _missing(application.lower(), self._applications, "its Application", "applications")

    def _objection_to_contexts(self, key: str, values: Mapping[str, str]) -> str | None:
        objections = (
            _missing(name, self.contexts, what, "contexts") for what, name in _contexts(key, values)
        )
        return next((each for each in objections if each is not None), None)


_KEYS: Final = tuple(each.name for each in fields(Policy) if each.init)


def _first_values(headers: Headers) -> dict[str, str]:
    """Return the first value of each name, in lower case: Asterisk reads no other."""
    values: dict[str, str] = {}
    for name, value in headers:
        values.setdefault(name.lower(), value)
    return values


def _missing(value: str, allowed: Iterable[str] | None, what: str, key: str) -> str | None:
    return None if allowed is None or value in allowed else f"{what} is not in policy.{key}"


def _contexts(key: str, values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the contexts that an action sends calls to, with words for each; an unnamed one is empty."""
    runs_application = key == "originate" and values.get("application")
    if key in _PLACES_A_CALL and not runs_application:
        context = values.get("context", "")
        yield ("its Context" if context else "the context that it leaves to the channel"), context
    if key == "redirect" and (extra := values.get("extracontext")):
        yield "its ExtraContext", extra
    if key == "originate" and (gosub := values.get("predialgosub")):
        parts = gosub.partition("(")[0].split(",")
        yield "the context of its PreDialGoSub", parts[0] if len(parts) == _GOSUB_PARTS else ""
    technology, _, place = values.get(_CALLS.get(key, ""), "").partition("/")
    if technology.lower() == _LOCAL:
        yield "the context of its Local channel", place.partition("/")[0].partition("@")[2] or _LOCAL_CONTEXT


def _lowered(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name.lower() for name in names)


def _texts(key: str, given: object) -> tuple[str, ...]:
    """Return a list of names. Refuses one that no action could have, because it would allow nothing."""
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
        raise ConfigError(key, "must be a list of texts")
    items: Iterable[object] = given
    texts: list[str] = []
    for number, text in enumerate(map(plain, items), 1):
        if not isinstance(text, str) or not text or text != text.strip() or not text.isprintable():
            rule = f"item {number} must be printable text, not empty, without blanks at its ends"
            raise ConfigError(key, rule)
        texts.append(text)
    return tuple(texts)
