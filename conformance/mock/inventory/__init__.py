"""The configuration of a mock server: endpoints, parking lots, mailboxes, files and so on, as lists show
them.

It is plain data, that of the captured servers unless a test changes it. Much was empty there, so the lists
are.
"""

from dataclasses import dataclass, field

from .config_files import sample_files
from .contexts import DialplanRow, sample_rows
from .endpoints import Endpoint, sample_endpoints


@dataclass(slots=True)
class Agent:
    """An agent of app_agent_pool."""

    agent: str
    name: str
    status: str = "AGENT_LOGGEDOFF"


@dataclass(slots=True)
class BridgeTechnology:
    """A bridge technology (main/bridge.c)."""

    name: str
    type: str
    priority: int
    suspended: bool = False


@dataclass(slots=True)
class ParkingLot:
    """A parking lot: its spaces from `first` to `last`, and its timeout in seconds."""

    name: str = "default"
    context: str = "parkedcalls"
    first: int = 701
    last: int = 720
    timeout: int = 45


@dataclass(slots=True)
class Presence:
    """A presence state with its optional subtype and message."""

    state: str
    subtype: str = ""
    message: str = ""


@dataclass(slots=True)
class VoicemailBox:
    """A mailbox of voicemail, named `number@context`, and its messages."""

    number: str
    context: str = "default"
    full_name: str = ""
    email: str = ""
    urgent: int = 0
    new: int = 0
    old: int = 0

    @property
    def name(self) -> str:
        """The name that actions such as MailboxCount use."""
        return f"{self.number}@{self.context}"


def sample_technologies() -> dict[str, BridgeTechnology]:
    """Return the technologies of the captures, by priority."""
    technologies = (
        BridgeTechnology("native_rtp", "Native", 90),
        BridgeTechnology("holding_bridge", "Holding", 50),
        BridgeTechnology("simple_bridge", "1to1Mix", 50),
        BridgeTechnology("softmix", "MultiMix", 10),
    )
    return {technology.name: technology for technology in technologies}


def sample_modules() -> dict[str, bool]:
    """Return the modules whose actions the mock has, and whether the captured servers had loaded them."""
    unloaded = dict.fromkeys(("app_voicemail.so", "res_mwi_external_ami.so"), False)
    return dict.fromkeys(_LOADED, True) | unloaded


_LOADED = (
    *("app_agent_pool.so", "app_confbridge.so", "app_dial.so", "app_mixmonitor.so", "app_queue.so"),
    *("chan_iax2.so", "chan_pjsip.so", "chan_sip.so", "res_fax.so", "res_parking.so", "res_pjsip.so"),
    *("res_manager_devicestate.so", "res_manager_presencestate.so", "res_sorcery_memory_cache.so"),
    "res_xmpp.so",
)


@dataclass(slots=True)
class Inventory:
    """All configuration of one server."""

    agents: list[Agent] = field(default_factory=list)
    bridge_technologies: dict[str, BridgeTechnology] = field(default_factory=sample_technologies)
    device_states: dict[str, str] = field(default_factory=dict)
    """States of devices that nothing else here has, such as `Custom:door`."""
    dialplan: list[DialplanRow] = field(default_factory=sample_rows)
    endpoints: dict[str, Endpoint] = field(default_factory=sample_endpoints)
    files: dict[str, str] = field(default_factory=sample_files)
    iax_peers: list[str] = field(default_factory=list)
    mailboxes: dict[str, VoicemailBox] = field(default_factory=dict)
    """By name. The actions of voicemail itself need `app_voicemail.so` to be loaded."""
    modules: dict[str, bool] = field(default_factory=sample_modules)
    """Whether a module is loaded, by file name."""
    parking_lots: dict[str, ParkingLot] = field(default_factory=lambda: {"default": ParkingLot()})
    presence: dict[str, Presence] = field(default_factory=dict)
    """By provider: `CustomPresence:alice`."""
    queue_rules: dict[str, list[str]] = field(default_factory=dict)
    """By name; each rule as in QueueRule: `30,+3,+0`."""
    sip_peers: list[str] = field(default_factory=list)
    """The peers of chan_sip, which 21 removed."""
