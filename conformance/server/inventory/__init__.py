"""What a server has besides its calls: telephones, lots, mailboxes, files, and what else lists tell of.

Plain data, of the captures unless a test changes it. Much is empty there, and so is the list.
"""

from dataclasses import dataclass, field

from .dialplan import Row, sample_rows
from .files import sample_files
from .pjsip import Endpoint, sample_endpoints


@dataclass(slots=True)
class Agent:
    """An agent of app_agent_pool."""

    agent: str
    name: str
    status: str = "AGENT_LOGGEDOFF"


@dataclass(slots=True)
class BridgeTechnology:
    """A way to bridge channels (main/bridge.c)."""

    name: str
    type: str
    priority: int
    suspended: bool = False


@dataclass(slots=True)
class ParkingLot:
    """A parking lot, its spaces, and its timeout in seconds."""

    name: str = "default"
    context: str = "parkedcalls"
    first: int = 701
    last: int = 720
    timeout: int = 45


@dataclass(slots=True)
class Presence:
    """What someone says of themselves: a state, and optionally more of it."""

    state: str
    subtype: str = ""
    message: str = ""


@dataclass(slots=True)
class Mailbox:
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
        """Give the name that MailboxCount and its kin know."""
        return f"{self.number}@{self.context}"


def sample_technologies() -> dict[str, BridgeTechnology]:
    """Give those of the captures, best first."""
    technologies = (
        BridgeTechnology("native_rtp", "Native", 90),
        BridgeTechnology("holding_bridge", "Holding", 50),
        BridgeTechnology("simple_bridge", "1to1Mix", 50),
        BridgeTechnology("softmix", "MultiMix", 10),
    )
    return {technology.name: technology for technology in technologies}


def sample_modules() -> dict[str, bool]:
    """Give the modules whose actions the mock knows, and whether the captured servers had them loaded."""
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
    """All of it."""

    agents: list[Agent] = field(default_factory=list)
    bridge_technologies: dict[str, BridgeTechnology] = field(default_factory=sample_technologies)
    device_states: dict[str, str] = field(default_factory=dict)
    """Those that follow from nothing else here: `Custom:door` and the like."""
    dialplan: list[Row] = field(default_factory=sample_rows)
    endpoints: dict[str, Endpoint] = field(default_factory=sample_endpoints)
    files: dict[str, str] = field(default_factory=sample_files)
    iax_peers: list[str] = field(default_factory=list)
    mailboxes: dict[str, Mailbox] = field(default_factory=dict)
    """By name; seen by voicemail's own actions once `app_voicemail` is loaded."""
    modules: dict[str, bool] = field(default_factory=sample_modules)
    """By file name: whether it is loaded."""
    parking_lots: dict[str, ParkingLot] = field(default_factory=lambda: {"default": ParkingLot()})
    presence: dict[str, Presence] = field(default_factory=dict)
    """By provider: `CustomPresence:alice`."""
    queue_rules: dict[str, list[str]] = field(default_factory=dict)
    """By name; each rule as QueueRule tells it: `30,+3,+0`."""
    sip_peers: list[str] = field(default_factory=list)
    """Of chan_sip, which 21 removed."""
