"""Functions that make the actions of Asterisk: `originate`, `queue_add` ..."""

# Written by `python -m tests.workshop.catalogue`: edit the facts and the words there.

from collections.abc import Mapping, Sequence
from typing import Literal

from ami_proto.events import (
    Agents,
    AorDetail,
    AorList,
    AuthDetail,
    AuthList,
    BridgeInfoChannel,
    BridgeListItem,
    BridgeTechnologyListItem,
    ChannelHungup,
    ConfbridgeList,
    ConfbridgeListRooms,
    ContactList,
    ContactStatusDetail,
    CoreShowChannel,
    CoreShowChannelMap,
    DAHDIShowChannels,
    DAHDIShowStatus,
    DBGetResponse,
    DBGetTreeResponse,
    DeviceEntry,
    DeviceStateChange,
    EndpointDetail,
    EndpointList,
    ExtensionStatus,
    FAXSessionsEntry,
    IdentifyDetail,
    InboundRegistrationDetail,
    InboundSubscriptionDetail,
    LineEntry,
    ListDialplan,
    MWIGet,
    MeetmeList,
    MeetmeListRooms,
    OutboundRegistrationDetail,
    OutboundSubscriptionDetail,
    PJSIPMaintenanceStatus,
    ParkedCall,
    Parkinglot,
    PeerEntry,
    PeerStatus,
    PresenceStateChange,
    QueueEntry,
    QueueMember,
    QueueParams,
    QueueSummary,
    RegistryEntry,
    ResourceListDetail,
    Status,
    TransportDetail,
    VoicemailUserEntry,
)
from ami_proto.message.encoding import Action, Scalar, Value

def absolute_timeout(channel: str, timeout: float) -> Action:
    """Hang up a channel after a time, counted from now.

    `channel` (Channel): The full name of the channel.
    `timeout`, in seconds (Timeout): How long the channel may still live; more than zero.

    Answered by one response.
    A user needs the class system or call to send it.
    Asterisk 1.8 to master, since 0.5.0.
    """

def agent_logoff(agent: str, *, soft: bool | None = None) -> Action:
    """Log an agent off.

    `agent` (Agent): The id of the agent.
    `soft` (Soft): Whether a call the agent has now may go on; false hangs it up.

    Answered by one response.
    A user needs the class agent to send it.
    Asterisk 1.8 to master, since 1.2.0.
    """

def agents() -> Action[Agents]:
    """List the agents and their states.

    Answered by a list of Agents, ended by AgentsComplete, without EventList headers before 13.2.
    A user needs the class agent to send it.
    Asterisk 1.8 to master, since 1.2.0.
    """

def agi(channel: str, command: str, *, command_id: str | None = None) -> Action:
    """Queue an AGI command on a channel that runs AGI(agi:async).

    `channel` (Channel): The name of a channel that runs AGI(agi:async).
    `command` (Command): The AGI command with its arguments.
    `command_id` (CommandID): An id of your choice; AsyncAGIExec returns it with the result of the command.

    Answered by one response.
    A user needs the class agi to send it.
    Asterisk 1.8 to master, since 1.6.0.
    """

def aoc_message(msg_type: Literal["S", "D", "E"] | str, *, channel: str | None = None, channel_prefix: str | None = None, charge_type: Literal["NA", "FREE", "Currency", "Unit"] | str | None = None, unit_amount: Sequence[Scalar] | None = None, unit_type: Sequence[Scalar] | None = None, currency_name: str | None = None, currency_amount: int | None = None, currency_multiplier: Literal["OneThousandth", "OneHundredth", "OneTenth", "One", "Ten", "Hundred", "Thousand"] | str | None = None, total_type: Literal["Total", "SubTotal"] | str | None = None, aoc_billing_id: Literal["Normal", "ReverseCharge", "CreditCard", "CallFwdUnconditional", "CallFwdBusy", "CallFwdNoReply", "CallDeflection", "CallTransfer"] | str | None = None, charging_association_id: int | None = None, charging_association_number: str | None = None, charging_association_plan: int | None = None, charged_item: Literal["NA", "SpecialArrangement", "BasicCommunication", "CallAttempt", "CallSetup", "UserUserInfo", "SupplementaryService"] | str | None = None, rate_type: Literal["NA", "Free", "FreeFromBeginning", "Duration", "Flat", "Volume", "SpecialCode"] | str | None = None, time: int | None = None, time_scale: Literal["OneHundredthSecond", "OneTenthSecond", "Second", "TenSeconds", "Minute", "Hour", "Day"] | str | None = None, granularity: int | None = None, granularity_time_scale: Literal["OneHundredthSecond", "OneTenthSecond", "Second", "TenSeconds", "Minute", "Hour", "Day"] | str | None = None, charging_type: Literal["ContinuousCharging", "StepFunction"] | str | None = None, volume_unit: Literal["Octet", "Segment", "Message"] | str | None = None, code: int | None = None) -> Action:
    """Send an Advice of Charge message to a channel.

    `msg_type` (MsgType): The kind of message: S for rates at setup, D during the call, E at its end. One of S, D, E.
    `channel` (Channel): The channel to send the message to; this or ChannelPrefix is needed.
    `channel_prefix` (ChannelPrefix): The start of a channel's name; the first channel that matches gets the message.
    `charge_type` (ChargeType): What D and E messages charge; NA when it is not known. One of NA, FREE, Currency, Unit.
    `unit_amount` (UnitAmount(0)): The number of units charged; more entries as UnitAmount(1) to UnitAmount(31).
    `unit_type` (UnitType(0)): The type number of the units in UnitAmount(0); counted in the same way.
    `currency_name` (CurrencyName): The name of the currency.
    `currency_amount` (CurrencyAmount): The charge, to be multiplied by CurrencyMultiplier.
    `currency_multiplier` (CurrencyMultiplier): The factor of CurrencyAmount; needed with it. One of OneThousandth, OneHundredth, OneTenth, One, Ten, Hundred, Thousand.
    `total_type` (TotalType): Whether a D message tells the sum so far or a part of it; Total by default. One of Total, SubTotal.
    `aoc_billing_id` (AOCBillingId): How the call is billed; D knows only the first three values. One of Normal, ReverseCharge, CreditCard, CallFwdUnconditional, CallFwdBusy, CallFwdNoReply, CallDeflection, CallTransfer.
    `charging_association_id` (ChargingAssociationId): The number of the call this charge belongs to, for E.
    `charging_association_number` (ChargingAssociationNumber): The telephone number this charge belongs to, for E without an id.
    `charging_association_plan` (ChargingAssociationPlan): The numbering plan of ChargingAssociationNumber.
    `charged_item` (ChargedItem): What the rate is for, in S; each further ChargedItem header begins another rate. One of NA, SpecialArrangement, BasicCommunication, CallAttempt, CallSetup, UserUserInfo, SupplementaryService.
    `rate_type` (RateType): How the rate is counted, in S. One of NA, Free, FreeFromBeginning, Duration, Flat, Volume, SpecialCode.
    `time` (Time): How many units of TimeScale the price is for; needed for RateType Duration.
    `time_scale` (TimeScale): The unit of Time; needed for RateType Duration. One of OneHundredthSecond, OneTenthSecond, Second, TenSeconds, Minute, Hour, Day.
    `granularity` (Granularity): The size of a charging step; Asterisk takes the number in Time instead.
    `granularity_time_scale` (GranularityTimeScale): The unit of Granularity; needed with it. One of OneHundredthSecond, OneTenthSecond, Second, TenSeconds, Minute, Hour, Day.
    `charging_type` (ChargingType): Whether time is charged continuously or in steps; ContinuousCharging by default. One of ContinuousCharging, StepFunction.
    `volume_unit` (VolumeUnit): The unit for RateType Volume; Asterisk wants the same word in TimeScale too. One of Octet, Segment, Message.
    `code` (Code): The code of a special arrangement or of RateType SpecialCode.

    Answered by one response.
    A user needs the class aoc to send it.
    Asterisk 1.8 to master, since 1.8.0.
    """

def atxfer(channel: str, exten: str, *, context: str | None = None) -> Action:
    """Start an attended transfer by playing its feature code and the extension on a channel.

    `channel` (Channel): The channel of the party that transfers.
    `exten` (Exten): The extension to transfer to; it is queued on the channel as DTMF digits.
    `context` (Context): The context of the extension; sets TRANSFER_CONTEXT. Empty leaves that as it is.

    Answered by one response.
    A user needs the class call to send it.
    Asterisk 1.8 to master, since 1.6.1.0.
    """

def blind_transfer(channel: str, exten: str, *, context: str | None = None) -> Action:
    """Transfer the peer of a channel to an extension at once.

    `channel` (Channel): The channel of the party that transfers.
    `exten` (Exten): The extension to transfer to; Asterisk refuses the action without it.
    `context` (Context): The context of the extension; empty for the channel's present context.

    Answered by one response.
    A user needs the class call to send it.
    Asterisk 12 to master, since 12.0.0.
    """

def bridge(channel1: str, channel2: str, *, tone: Literal["no", "Channel1", "Channel2", "Both"] | str | None = None) -> Action:
    """Connect two existing channels with each other.

    `channel1` (Channel1): The name of one channel.
    `channel2` (Channel2): The name of the other channel.
    `tone` (Tone): Which of the two hears a tone when they are connected; neither by default. One of no, Channel1, Channel2, Both.

    Answered by one response.
    A user needs the class call to send it.
    Asterisk 1.8 to master, since 1.6.0.
    """

def bridge_destroy(bridge_uniqueid: str) -> Action:
    """Destroy a bridge; its channels go on in the dialplan or hang up.

    `bridge_uniqueid` (BridgeUniqueid): The unique id of the bridge, as BridgeList gives it.

    Answered by one response.
    Every user may send it.
    Asterisk 12 to master, since 12.0.0.
    """

def bridge_info(bridge_uniqueid: str) -> Action[BridgeInfoChannel]:
    """List the channels in a bridge.

    `bridge_uniqueid` (BridgeUniqueid): The unique id of the bridge, as BridgeList gives it.

    Answered by a list of BridgeInfoChannel, ended by BridgeInfoComplete, without EventList headers before 13.2.
    Every user may send it.
    Asterisk 12 to master, since 12.0.0.
    """

def bridge_kick(channel: str, *, bridge_uniqueid: str | None = None) -> Action:
    """Remove a channel from its bridge.

    `channel` (Channel): The full name of the channel.
    `bridge_uniqueid` (BridgeUniqueid): The bridge the channel must be in; empty for the bridge it is in now.

    Answered by one response.
    Every user may send it.
    Asterisk 12 to master, since 12.0.0.
    """

def bridge_list(*, bridge_type: str | None = None) -> Action[BridgeListItem]:
    """List the bridges.

    `bridge_type` (BridgeType): List only bridges of this technology, such as simple_bridge; empty for all.

    Answered by a list of BridgeListItem, ended by BridgeListComplete, without EventList headers before 13.2.
    Every user may send it.
    Asterisk 12 to master, since 12.0.0.
    """

def bridge_technology_list() -> Action[BridgeTechnologyListItem]:
    """List the technologies that bridges can use.

    Answered by a list of BridgeTechnologyListItem, ended by BridgeTechnologyListComplete, without EventList headers before 13.2.
    Every user may send it.
    Asterisk 12 to master, since 12.0.0.
    """

def bridge_technology_suspend(bridge_technology: str) -> Action:
    """Suspend a bridge technology, so that no bridge chooses it.

    `bridge_technology` (BridgeTechnology): The name of the technology, as BridgeTechnologyList gives it.

    Answered by one response.
    Every user may send it.
    Asterisk 12 to master, since 12.0.0.
    """

def bridge_technology_unsuspend(bridge_technology: str) -> Action:
    """Allow a suspended bridge technology again.

    `bridge_technology` (BridgeTechnology): The name of the technology, as BridgeTechnologyList gives it.

    Answered by one response.
    Every user may send it.
    Asterisk 12 to master, since 12.0.0.
    """

def cancel_atxfer(channel: str) -> Action:
    """Cancel an attended transfer by playing the abort feature code on a channel.

    `channel` (Channel): The channel of the party that transfers.

    Answered by one response.
    A user needs the class call to send it.
    Asterisk 13 to master, since 15.1.0, 14.7.0, 13.18.0.
    """

def challenge(auth_type: Literal["MD5"] | str) -> Action:
    """Ask for a challenge to log in with MD5.

    `auth_type` (AuthType): The way to log in; only MD5 exists. One of MD5.

    Answered by one response.
    Every user may send it.
    Asterisk 1.8 to master, since 0.4.0.
    """

def change_monitor(channel: str, file: str) -> Action:
    """Change the file a channel is recorded to with Monitor.

    `channel` (Channel): The full name of the channel.
    `file` (File): The new base name of the recording.

    Answered by one response.
    A user needs the class call to send it.
    Asterisk 1.8 to 20.
    """

def command(command: str) -> Action:
    """Run a command of Asterisk's command line and return what it prints.

    `command` (Command): The command as typed at the console, such as core show uptime.

    Answered by one response with the command's output. Until then, Asterisk serves nothing else on the session.
    A user needs the class command to send it.
    Asterisk 1.8 to master, since 0.3.0.
    """

def confbridge_kick(conference: str, channel: str) -> Action:
    """Remove participants from a ConfBridge conference.

    `conference` (Conference): The name or number of the conference.
    `channel` (Channel): The participant's channel, all for everyone, or participants for all but admins.

    Answered by one response.
    A user needs the class call to send it.
    Asterisk 11 to master, since 10.0.0.
    """

def confbridge_list(conference: str) -> Action[ConfbridgeList]:
    """List the participants of a ConfBridge conference.

    `conference` (Conference): The name or number of the conference.

    Answered by a list of ConfbridgeList, ended by ConfbridgeListComplete.
    A user needs the class reporting to send it.
    Asterisk 11 to master, since 10.0.0.
    """

def confbridge_list_rooms() -> Action[ConfbridgeListRooms]:
    """List the ConfBridge conferences that are active.

    Answered by a list of ConfbridgeListRooms, ended by ConfbridgeListRoomsComplete.
    A user needs the class reporting to send it.
    Asterisk 11 to master, since 10.0.0.
    """

def confbridge_lock(conference: str) -> Action:
    """Lock a ConfBridge conference against new participants.

    `conference` (Conference): The name or number of the conference.

    Answered by one response.
    A user needs the class call to send it.
    Asterisk 11 to master, since 10.0.0.
    """

def confbridge_mute(conference: str, channel: str) -> Action:
    """Mute participants of a ConfBridge conference.

    `conference` (Conference): The name or number of the conference.
    `channel` (Channel): A channel's name or its start, all for everyone, or participants for all but admins.

    Answered by one response.
    A user needs the class call to send it.
    Asterisk 11 to master, since 10.0.0.
    """

def confbridge_set_single_video_src(conference: str, channel: str) -> Action:
    """Make one participant the video source of a ConfBridge conference.

    `conference` (Conference): The name or number of the conference.
    `channel` (Channel): The participant's channel, or the start of its name.

    Answered by one response.
    A user needs the class call to send it.
    Asterisk 11 to master, since 10.0.0.
    """

def confbridge_start_record(conference: str, *, record_file: str | None = None) -> Action:
    """Start to record a ConfBridge conference.

    `conference` (Conference): The name or number of the conference.
    `record_file` (RecordFile): The file to record to; empty for the one of the bridge profile.

    Answered by one response.
    A user needs the class system to send it.
    Asterisk 11 to master, since 10.0.0.
    """

def confbridge_stop_record(conference: str) -> Action:
    """Stop recording a ConfBridge conference.

    `conference` (Conference): The name or number of the conference.

    Answered by one response.
    A user needs the class system to send it.
    Asterisk 11 to master, since 10.0.0.
    """

def confbridge_unlock(conference: str) -> Action:
    """Unlock a ConfBridge conference.

    `conference` (Conference): The name or number of the conference.

    Answered by one response.
    A user needs the class call to send it.
    Asterisk 11 to master, since 10.0.0.
    """

def confbridge_unmute(conference: str, channel: str) -> Action:
    """Unmute participants of a ConfBridge conference.

    `conference` (Conference): The name or number of the conference.
    `channel` (Channel): A channel's name or its start, all for everyone, or participants for all but admins.

    Answered by one response.
    A user needs the class call to send it.
    Asterisk 11 to master, since 10.0.0.
    """

def control_playback(channel: str, control: Literal["stop", "forward", "reverse", "pause", "restart"] | str) -> Action:
    """Control a file that is being played to a channel.

    `channel` (Channel): The channel that hears the file.
    `control` (Control): What to do with the playback. One of stop, forward, reverse, pause, restart.

    Answered by one response.
    A user needs the class call to send it.
    Asterisk 12 to master, since 12.0.0.
    """

def core_settings() -> Action:
    """Ask for the versions, the system name and the limits of the server.

    Answered by one response.
    A user needs the class system or reporting to send it.
    Asterisk 1.8 to master, since 1.6.0.
    """

def core_show_channel_map(channel: str) -> Action[CoreShowChannelMap]:
    """List all channels that are connected to a channel, through Local channels too.

    `channel` (Channel): The channel to begin at; Asterisk refuses the action without it.

    Answered by a list of CoreShowChannelMap, ended by CoreShowChannelMapComplete.
    A user needs the class system or reporting to send it.
    Asterisk 18, 20 to master, since 20.4.0, 18.19.0.
    """

def core_show_channels() -> Action[CoreShowChannel]:
    """List the channels that exist now.

    Answered by a list of CoreShowChannel, ended by CoreShowChannelsComplete.
    A user needs the class system or reporting to send it.
    Asterisk 1.8 to master, since 1.6.0.
    """

def core_status() -> Action:
    """Ask when the server started and reloaded, and how many calls it has.

    Answered by one response.
    A user needs the class system or reporting to send it.
    Asterisk 1.8 to master, since 1.6.0.
    """

def create_config(filename: str) -> Action:
    """Create an empty configuration file.

    `filename` (Filename): The new file, in Asterisk's configuration directory; it must not exist yet.

    Answered by one response.
    A user needs the class config to send it.
    Asterisk 1.8 to master, since 1.6.0.
    """

def dahdi_dial_offhook(dahdi_channel: int, number: str) -> Action:
    """Dial digits on a DAHDI channel that is off hook.

    `dahdi_channel` (DAHDIChannel): The number of the DAHDI channel.
    `number` (Number): The digits to dial.

    Answered by one response.
    Every user may send it.
    Asterisk 1.8 to master, since 1.4.22.
    """

def dahdi_dnd_off(dahdi_channel: int) -> Action:
    """Turn off do-not-disturb for a DAHDI channel.

    `dahdi_channel` (DAHDIChannel): The number of the DAHDI channel.

    Answered by one response.
    Every user may send it.
    Asterisk 1.8 to master, since 1.4.22.
    """

def dahdi_dnd_on(dahdi_channel: int) -> Action:
    """Turn on do-not-disturb for a DAHDI channel.

    `dahdi_channel` (DAHDIChannel): The number of the DAHDI channel.

    Answered by one response.
    Every user may send it.
    Asterisk 1.8 to master, since 1.4.22.
    """

def dahdi_hangup(dahdi_channel: int) -> Action:
    """Act as if the user of an analog DAHDI channel had hung up.

    `dahdi_channel` (DAHDIChannel): The number of the DAHDI channel.

    Answered by one response.
    Every user may send it.
    Asterisk 1.8 to master, since 1.4.22.
    """

def dahdi_restart() -> Action:
    """Restart all DAHDI channels; this ends their calls.

    Answered by one response.
    Every user may send it.
    Asterisk 1.8 to master, since 1.4.22.
    """

def dahdi_show_channels(*, dahdi_channel: int | None = None) -> Action[DAHDIShowChannels]:
    """List the DAHDI channels and their states.

    `dahdi_channel` (DAHDIChannel): The number of one channel; empty or 0 for all.

    Answered by a list of DAHDIShowChannels, ended by DAHDIShowChannelsComplete, without EventList headers before 13.2.
    Every user may send it.
    Asterisk 1.8 to master, since 1.4.22.
    """

def dahdi_show_status() -> Action[DAHDIShowStatus]:
    """List the DAHDI spans and their alarms.

    Answered by a list of DAHDIShowStatus, ended by DAHDIShowStatusComplete.
    Every user may send it.
    Asterisk 18, 20 to master, since 21.3.0, 20.8.0, 18.23.0.
    """

def dahdi_transfer(dahdi_channel: int) -> Action:
    """Act as if the user of an analog DAHDI channel had flashed the hook.

    `dahdi_channel` (DAHDIChannel): The number of the DAHDI channel.

    Answered by one response.
    Every user may send it.
    Asterisk 1.8 to master, since 1.4.22.
    """

def data_get(path: str, *, search: str | None = None, filter: str | None = None) -> Action:
    """Read a part of Asterisk's internal data tree (gone since Asterisk 15).

    `path` (Path): The path of the node to read, such as /asterisk/core/channels.
    `search` (Search): An expression that selects nodes by their values.
    `filter` (Filter): The names of the nodes to return.

    Answered by the event DataGet Tree, without a response.
    Every user may send it.
    Asterisk 1.8 to 14.
    """

def db_del(family: str, key: str) -> Action:
    """Delete a key from Asterisk's database.

    `family` (Family): The family of the key in Asterisk's database.
    `key` (Key): The key within its family.

    Answered by one response.
    A user needs the class system to send it.
    Asterisk 1.8 to master, since 1.6.0.
    """

def db_del_tree(family: str, *, key: str | None = None) -> Action:
    """Delete a family, or a part of it, from Asterisk's database.

    `family` (Family): The family to delete from.
    `key` (Key): The part of the family to delete; empty for the whole family.

    Answered by one response.
    A user needs the class system to send it.
    Asterisk 1.8 to master, since 1.6.0.
    """

def db_get(family: str, key: str) -> Action[DBGetResponse]:
    """Read the value of a key in Asterisk's database.

    `family` (Family): The family of the key in Asterisk's database.
    `key` (Key): The key within its family.

    Answered by a list of DBGetResponse, ended by DBGetComplete, without EventList headers before 13.2.
    A user needs the class system or reporting to send it.
    Asterisk 1.8 to master, since 1.2.0.
    """

def db_get_tree(*, family: str | None = None, key: str | None = None) -> Action[DBGetTreeResponse]:
    """List the keys and values of Asterisk's database.

    `family` (Family): List only this family; empty for the whole database.
    `key` (Key): List only this part of the family; empty for all of it.

    Answered by a list of DBGetTreeResponse, ended by DBGetTreeComplete.
    A user needs the class system or reporting to send it.
    Asterisk 16, 18 to master, since 19.6.0, 18.14.0, 16.28.0.
    """

def db_put(family: str, key: str, *, val: str | None = None) -> Action:
    """Store a value under a key in Asterisk's database.

    `family` (Family): The family of the key in Asterisk's database.
    `key` (Key): The key within its family.
    `val` (Val): The value to store.

    Answered by one response.
    A user needs the class system to send it.
    Asterisk 1.8 to master, since 1.2.0.
    """

def device_state_list() -> Action[DeviceStateChange]:
    """List the devices and their states.

    Answered by a list of DeviceStateChange, ended by DeviceStateListComplete.
    A user needs the class call or reporting to send it.
    Asterisk 13 to master, since 13.0.0.
    """

def dialplan_extension_add(context: str, extension: str, priority: str, application: str, *, application_data: str | None = None, replace: bool | None = None) -> Action:
    """Add a priority to an extension of the running dialplan; nothing is saved to a file.

    `context` (Context): The context to add to; it is created when missing.
    `extension` (Extension): The extension, with an optional /callerid to match.
    `priority` (Priority): The number of the priority, or hint.
    `application` (Application): The dialplan application to run.
    `application_data` (ApplicationData): The arguments of the application.
    `replace` (Replace): Whether to replace the priority when it exists; without it the action fails then.

    Answered by one response.
    A user needs the class system to send it.
    Asterisk 13 to master, since 13.0.0.
    """

def dialplan_extension_remove(context: str, extension: str, *, priority: str | None = None) -> Action:
    """Remove an extension, or one of its priorities, from the running dialplan.

    `context` (Context): The context of the extension.
    `extension` (Extension): The extension, with an optional /callerid to match.
    `priority` (Priority): The only priority to remove, as a number or hint; empty for the whole extension.

    Answered by one response.
    A user needs the class system to send it.
    Asterisk 13 to master, since 13.0.0.
    """

def events(event_mask: Literal["on", "off", "system,call,log,..."] | str) -> Action:
    """Choose the classes of events this session receives.

    `event_mask` (EventMask): on, off, or event classes separated by commas; unknown words alone mean off. One of on, off, system,call,log,....

    There may be no response. Its end cannot be recognised: a Ping follows it.
    Every user may send it.
    Asterisk 1.8 to master, since 0.9.0.
    """

def extension_state(exten: str, *, context: str | None = None) -> Action:
    """Ask for the hint and the state of an extension.

    `exten` (Exten): The extension that has the hint.
    `context` (Context): The context of the extension; empty for default.

    Answered by one response.
    A user needs the class call or reporting to send it.
    Asterisk 1.8 to master, since 0.4.0.
    """

def extension_state_list() -> Action[ExtensionStatus]:
    """List the extensions that have a hint, and their states.

    Answered by a list of ExtensionStatus, ended by ExtensionStateListComplete.
    A user needs the class call or reporting to send it.
    Asterisk 13 to master, since 13.0.0.
    """

def fax_session(session_number: int) -> Action:
    """Ask for the details of a fax session.

    `session_number` (SessionNumber): The number of the session, as FAXSessions gives it.

    Its end cannot be recognised: a Ping follows it.
    A user needs the class call to send it.
    Asterisk 13 to master, since 13.0.0.
    """

def fax_sessions() -> Action[FAXSessionsEntry]:
    """List the fax sessions.

    Answered by a list of FAXSessionsEntry, ended by FAXSessionsComplete.
    A user needs the class call to send it.
    Asterisk 13 to master, since 13.0.0.
    """

def fax_stats() -> Action:
    """Ask for the fax statistics of the server.

    Answered by a response, and then by the event FAXStats.
    A user needs the class reporting to send it.
    Asterisk 13 to master, since 13.0.0.
    """

def filter(*, operation: Literal["Add"] | str | None = None, match_criteria: Literal["action(include|exclude)", "name(<event_name>)", "header(<header_name>)", "<match_method>"] | str | None = None, filter: str | None = None) -> Action:
    """Add a filter for the events of this session; it cannot be removed again.

    `operation` (Operation): What to do with the filter; only Add exists. One of Add.
    `match_criteria` (MatchCriteria): What an advanced filter matches, such as action(exclude),name(VarSet). One of action(include|exclude), name(<event_name>), header(<header_name>), <match_method>.
    `filter` (Filter): The pattern, a regular expression by default; a leading ! excludes what matches.

    Answered by one response.
    A user needs the class system to send it.
    Asterisk 11 to master, since 10.0.0.
    """

def filter_list() -> Action:
    """List the event filters of this session (documented in Asterisk 11 to 17, but not built in).

    Answered by one response.
    Every user may send it.
    Asterisk 11 to 15, 17.
    """

def get_config(filename: str, *, category: str | None = None, filter: str | None = None) -> Action:
    """Read the categories and lines of a configuration file.

    `filename` (Filename): The file; a relative name is sought in Asterisk's configuration directory.
    `category` (Category): Read only this category; empty for all.
    `filter` (Filter): Read only categories that match name_regex=value_regex, separated by commas.

    Answered by one response.
    A user needs the class system or config to send it.
    Asterisk 1.8 to master, since 1.4.0.
    """

def get_config_json(filename: str, *, category: str | None = None, filter: str | None = None) -> Action:
    """Read the contents of a configuration file as JSON.

    `filename` (Filename): The file; a relative name is sought in Asterisk's configuration directory.
    `category` (Category): Read only this category; empty for all.
    `filter` (Filter): Read only categories that match name_regex=value_regex, separated by commas.

    Answered by one response.
    A user needs the class system or config to send it.
    Asterisk 1.8 to master, since 1.6.0.
    """

def getvar(variable: str, *, channel: str | None = None) -> Action:
    """Read a variable or a dialplan function.

    `variable` (Variable): The name of the variable, or a function with its arguments, such as CALLERID(num).
    `channel` (Channel): The channel the variable belongs to; empty for a global variable.

    Answered by one response.
    A user needs the class call or reporting to send it.
    Asterisk 1.8 to master, since 1.0.0.
    """

def hangup(channel: str, *, cause: int | None = None) -> Action[ChannelHungup]:
    """Hang up a channel, or all channels whose names match.

    `channel` (Channel): The full name of the channel, or a regular expression as /regex/.
    `cause` (Cause): The Q.850 cause to give, 1 to 127; empty leaves it to the channel.

    Answered by one response, or by a list of ChannelHungup, ended by ChannelsHungupListComplete.
    A user needs the class system or call to send it.
    Asterisk 1.8 to master, since 0.2.0.
    """

def iax_netstats() -> Action:
    """Ask for the network statistics of IAX2 calls; the reply is bare text without a Response.

    There may be no response. Its end cannot be recognised: a Ping follows it.
    A user needs the class system or reporting to send it.
    Asterisk 1.8 to master, since 1.2.0.
    """

def iax_peerlist() -> Action[PeerEntry]:
    """List the IAX2 peers.

    Answered by a list of PeerEntry, ended by PeerlistComplete, without EventList headers before 13.2.
    A user needs the class system or reporting to send it.
    Asterisk 1.8 to master, since 1.6.0.
    """

def iax_peers() -> Action[PeerEntry]:
    """List the IAX2 peers; the items carry no ActionID.

    Answered by a list of PeerEntry, ended by PeerlistComplete.
    A user needs the class system or reporting to send it.
    Asterisk 1.8 to master, since 0.3.0.
    """

def iax_registry() -> Action[RegistryEntry]:
    """List the outbound registrations of IAX2.

    Answered by a list of RegistryEntry, ended by RegistrationsComplete.
    A user needs the class system or reporting to send it.
    Asterisk 1.8 to master, since 1.6.2.0.
    """

def jabber_send(jabber: str, jid: str, message: str) -> Action:
    """Send a message over XMPP; Asterisk answers twice.

    `jabber` (Jabber): The section of xmpp.conf to send from.
    `jid` (JID): The XMPP address to send to.
    `message` (Message): The text of the message.

    Its end cannot be recognised: a Ping follows it.
    A user needs the class system to send it.
    Asterisk 1.8 to master, since 1.4.0.
    """

def list_categories(filename: str) -> Action:
    """List the categories of a configuration file.

    `filename` (Filename): The file; a relative name is sought in Asterisk's configuration directory.

    Answered by one response.
    A user needs the class config to send it.
    Asterisk 1.8 to master, since 1.6.0.
    """

def list_commands() -> Action:
    """List the actions this user may run, with the classes each needs.

    Answered by one response.
    Every user may send it.
    Asterisk 1.8 to master, since 1.0.0.
    """

def local_optimize_away(channel: str) -> Action:
    """Let a Local channel optimize itself out of its call when it can.

    `channel` (Channel): The name of the Local channel.

    Answered by one response.
    A user needs the class system or call to send it.
    Asterisk 1.8 to master, since 1.8.0.
    """

def logger_rotate() -> Action:
    """Reload the logger and rotate the log files.

    Answered by one response.
    A user needs the class system or reporting to send it.
    Asterisk 13 to master, since 13.0.0.
    """

def login(username: str, *, auth_type: Literal["plain", "MD5"] | str | None = None, secret: str | None = None, key: str | None = None, events: Literal["on", "off", "system,call,log,..."] | str | None = None) -> Action:
    """Log in to the manager.

    `username` (Username): The name of the user in manager.conf.
    `auth_type` (AuthType): How to log in: MD5 with a Key, otherwise with the Secret in clear. One of plain, MD5.
    `secret` (Secret): The password of the user, in clear.
    `key` (Key): The lower-case hex MD5 of the challenge followed by the password.
    `events` (Events): on, off, or event classes separated by commas; empty for all the user may read. One of on, off, system,call,log,....

    Answered by one response.
    Every user may send it.
    Asterisk 1.8 to master, since 0.2.0.
    """

def logoff() -> Action:
    """Log off and close the connection.

    Answered by one response.
    Every user may send it.
    Asterisk 1.8 to master, since 0.2.0.
    """

def mailbox_count(mailbox: str) -> Action:
    """Count the urgent, new and old messages of a mailbox.

    `mailbox` (Mailbox): The mailbox, as number@context.

    Answered by one response.
    A user needs the class call or reporting to send it.
    Asterisk 1.8 to master, since 0.5.0.
    """

def mailbox_status(mailbox: str) -> Action:
    """Ask whether messages wait in a mailbox.

    `mailbox` (Mailbox): The mailbox, as number@context.

    Answered by one response.
    A user needs the class call or reporting to send it.
    Asterisk 1.8 to master, since 0.4.0.
    """

def meetme_list(*, conference: str | None = None) -> Action[MeetmeList]:
    """List the participants of MeetMe conferences.

    `conference` (Conference): The number of one conference; empty for all.

    Answered by a list of MeetmeList, ended by MeetmeListComplete.
    A user needs the class reporting to send it.
    Asterisk 1.8 to master, since 1.6.0.
    """

def meetme_list_rooms() -> Action[MeetmeListRooms]:
    """List the MeetMe conferences that are active.

    Answered by a list of MeetmeListRooms, ended by MeetmeListRoomsComplete.
    A user needs the class reporting to send it.
    Asterisk 11 to master, since 10.0.0.
    """

def meetme_mute(meetme: str, usernum: int) -> Action:
    """Mute a participant of a MeetMe conference.

    `meetme` (Meetme): The number of the MeetMe conference.
    `usernum` (Usernum): The number of the participant, as MeetmeList gives it.

    Answered by one response.
    A user needs the class call to send it.
    Asterisk 1.8 to master, since 1.4.0.
    """

def meetme_unmute(meetme: str, usernum: int) -> Action:
    """Unmute a participant of a MeetMe conference.

    `meetme` (Meetme): The number of the MeetMe conference.
    `usernum` (Usernum): The number of the participant, as MeetmeList gives it.

    Answered by one response.
    A user needs the class call to send it.
    Asterisk 1.8 to master, since 1.4.0.
    """

def message_send(*, destination: str | None = None, to: str | None = None, from_: str | None = None, body: str | None = None, base64_body: str | None = None, variables: Mapping[str, Scalar] | None = None) -> Action:
    """Send a text message outside of any call.

    `destination` (Destination): Where to send, with its technology, such as pjsip:100; empty for the To address.
    `to` (To): The address the message is for; also where to send when Destination is empty.
    `from_` (From): The address the message comes from.
    `body` (Body): The text of the message, on one line.
    `base64_body` (Base64Body): The text in base64, used instead of Body; at most 1300 bytes when decoded.
    `variables` (Variable): Variables of the message, as name=value; some technologies send them as headers.

    Answered by one response.
    A user needs the class message to send it.
    Asterisk 11 to master, since 11.0.0.
    """

def mix_monitor(channel: str, *, file: str | None = None, options: str | None = None, command: str | None = None) -> Action:
    """Record a channel to a file, both directions mixed.

    `channel` (Channel): The full name of the channel.
    `file` (File): The file to record to; a relative name is in Asterisk's monitor directory.
    `options` (Options): Options of the dialplan application MixMonitor, such as b or i(NAME).
    `command` (Command): A shell command to run when the recording has ended.

    Answered by one response.
    A user needs the class system to send it.
    Asterisk 11 to master, since 11.0.0.
    """

def mix_monitor_mute(channel: str, direction: str, state: bool) -> Action:
    """Mute or unmute one direction of a channel in its MixMonitor recordings.

    `channel` (Channel): The full name of the channel.
    `direction` (Direction): Which audio: read (from the channel), write (to it) or both; needed.
    `state` (State): Whether to mute; false unmutes.

    Answered by one response.
    A user needs the class system or call to send it.
    Asterisk 1.8 to master, since 1.8.0.
    """

def module_check(module: str) -> Action:
    """Ask whether a module is loaded.

    `module` (Module): The name of the module without .so, such as app_dial.

    Answered by one response.
    A user needs the class system to send it.
    Asterisk 1.8 to master, since 1.6.0.
    """

def module_load(load_type: Literal["load", "unload", "reload", "refresh"] | str, *, module: Literal["cdr", "dnsmgr", "extconfig", "enum", "acl", "manager", "http", "logger", "features", "dsp", "udptl", "indications", "cel", "plc"] | str | None = None, recursive: bool | None = None) -> Action:
    """Load, unload, reload or refresh a module.

    `load_type` (LoadType): What to do: load, unload, reload, or refresh to unload and load again. One of load, unload, reload, refresh.
    `module` (Module): The module's file name with .so, or a core part; empty with reload for all. One of cdr, dnsmgr, extconfig, enum, acl, manager, http, logger, features, dsp, udptl, indications, cel, plc.
    `recursive` (Recursive): Whether refresh also takes the modules that depend on this one; false by default.

    Its end cannot be recognised: a Ping follows it.
    A user needs the class system to send it.
    Asterisk 1.8 to master, since 1.6.0.
    """

def monitor(channel: str, *, file: str | None = None, format: str | None = None, mix: bool | None = None) -> Action:
    """Record a channel with Monitor, each direction to its own file.

    `channel` (Channel): The full name of the channel.
    `file` (File): The base name of the recording; empty for one made from the channel's name.
    `format` (Format): The format of the recording, such as wav; wav by default.
    `mix` (Mix): Whether to mix both directions into one file when the recording ends.

    Answered by one response.
    A user needs the class call to send it.
    Asterisk 1.8 to 20.
    """

def mute_audio(channel: str, direction: Literal["in", "out", "all"] | str, state: Literal["on", "off"] | str) -> Action:
    """Mute or unmute the audio of a channel.

    `channel` (Channel): The full name of the channel.
    `direction` (Direction): Which audio: in (from the channel), out (to it) or all. One of in, out, all.
    `state` (State): on to mute, off to unmute. One of on, off.

    Answered by one response.
    A user needs the class system to send it.
    Asterisk 1.8 to master, since 1.8.0.
    """

def mwi_delete(mailbox: str) -> Action:
    """Delete mailboxes whose message counts are kept by clients.

    `mailbox` (Mailbox): The id of the mailbox, or a regular expression as /regex/.

    Answered by one response.
    A user needs the class call to send it.
    Asterisk 12 to master, since 12.1.0.
    """

def mwi_get(mailbox: str) -> Action[MWIGet]:
    """List mailboxes whose message counts are kept by clients.

    `mailbox` (Mailbox): The id of the mailbox, or a regular expression as /regex/.

    Answered by a list of MWIGet, ended by MWIGetComplete.
    A user needs the class call or reporting to send it.
    Asterisk 12 to master, since 12.1.0.
    """

def mwi_update(mailbox: str, *, old_messages: int | None = None, new_messages: int | None = None) -> Action:
    """Set the message counts of a mailbox that clients keep; it is created when missing.

    `mailbox` (Mailbox): The id of the mailbox.
    `old_messages` (OldMessages): How many old messages there are; 0 by default.
    `new_messages` (NewMessages): How many new messages there are; 0 by default.

    Answered by one response.
    A user needs the class call to send it.
    Asterisk 12 to master, since 12.1.0.
    """

def originate(channel: str, *, exten: str | None = None, context: str | None = None, priority: int | str | None = None, application: str | None = None, data: str | None = None, timeout: float | None = None, caller_id: str | None = None, variables: Mapping[str, Scalar] | None = None, account: str | None = None, early_media: bool | None = None, async_: bool | None = None, codecs: str | Sequence[str] | None = None, channel_id: str | None = None, other_channel_id: str | None = None, pre_dial_go_sub: str | None = None) -> Action:
    """Dial a channel and connect it to an extension or an application when it answers.

    `channel` (Channel): The channel to dial, as technology/resource, such as PJSIP/100.
    `exten` (Exten): The extension to connect to; needs Context and Priority.
    `context` (Context): The context of Exten.
    `priority` (Priority): The priority of Exten.
    `application` (Application): The application to run, instead of an extension.
    `data` (Data): The arguments of Application.
    `timeout`, in seconds (Timeout): How long to dial; 30 seconds by default.
    `caller_id` (CallerID): The caller's name and number, as "Name" <number>.
    `variables` (Variable): Variables to set on the new channel.
    `account` (Account): The account code of the new channel.
    `early_media` (EarlyMedia): Whether to connect the channel as soon as it sends early media; false by default.
    `async_` (Async): Whether to reply at once; false holds the session until the call is answered or fails.
    `codecs` (Codecs): The codecs to allow on the new channel; slin by default.
    `channel_id` (ChannelId): The Uniqueid for the new channel; if empty, Asterisk makes one.
    `other_channel_id` (OtherChannelId): The Uniqueid for the second half, when a Local channel is dialed.
    `pre_dial_go_sub` (PreDialGoSub): A subroutine to run before dialing, as context,extension,priority.

    Answered by a response, and then by the event OriginateResponse unless it is synchronous. A synchronous one keeps Asterisk from serving the session until then.
    A user needs the class originate to send it.
    Asterisk 1.8 to master, since 0.2.0.
    """

def park(channel: str, *, timeout_channel: str | None = None, announce_channel: str | None = None, timeout: float | None = None, parkinglot: str | None = None, parking_space: str | None = None) -> Action:
    """Park a channel.

    `channel` (Channel): The channel to park.
    `timeout_channel` (TimeoutChannel): The channel whose device is called when the parking time is over.
    `announce_channel` (AnnounceChannel): The channel that hears in which space the call is parked.
    `timeout`, in seconds (Timeout): How long to park; Asterisk counts whole seconds. 0 for no limit, empty for the lot's own time.
    `parkinglot` (Parkinglot): The parking lot; empty for the default one.
    `parking_space` (ParkingSpace): The space to park in; empty for one the lot chooses.

    Answered by one response.
    A user needs the class call to send it.
    Asterisk 1.8 to master, since 1.4.0.
    """

def parked_calls(*, parking_lot: str | None = None) -> Action[ParkedCall]:
    """List the parked calls.

    `parking_lot` (ParkingLot): List only this parking lot; empty for all.

    Answered by a list of ParkedCall, ended by ParkedCallsComplete, without EventList headers before 13.2.
    A user needs the class call to send it.
    Asterisk 1.8 to master, since 0.7.2.
    """

def parkinglots() -> Action[Parkinglot]:
    """List the parking lots.

    Answered by a list of Parkinglot, ended by ParkinglotsComplete, without EventList headers before 13.2.
    A user needs the class call to send it.
    Asterisk 11 to master, since 11.0.0.
    """

def pause_monitor(channel: str) -> Action:
    """Pause the Monitor recording of a channel.

    `channel` (Channel): The full name of the channel.

    Answered by one response.
    A user needs the class call to send it.
    Asterisk 1.8 to 20.
    """

def ping() -> Action:
    """Ask for a sign of life; the reply carries the server's clock.

    Answered by one response.
    Every user may send it.
    Asterisk 1.8 to master, since 0.2.0.
    """

def pjsip_hangup(channel: str, cause: Literal["Response code", "Response code name"] | str) -> Action:
    """Hang up PJSIP channels with a SIP response code.

    `channel` (Channel): The full name of the PJSIP channel, or a regular expression as /regex/.
    `cause` (Cause): The SIP response code to give, such as 486, or its name. One of Response code, Response code name.

    Answered by one response.
    A user needs the class system or call to send it.
    Asterisk 18, 20 to master, since 21.1.0, 20.6.0, 18.21.0.
    """

def pjsip_notify(*, endpoint: str | None = None, uri: str | None = None, channel: str | None = None, option: str | None = None, variables: Mapping[str, Scalar] | None = None) -> Action:
    """Send a NOTIFY request to an endpoint, a URI or the peer of a channel.

    `endpoint` (Endpoint): The endpoint to notify; give this, URI or channel.
    `uri` (URI): The SIP URI to notify; give this, Endpoint or channel.
    `channel` (channel): The PJSIP channel to notify within its call; give this, Endpoint or URI.
    `option` (Option): The section of pjsip_notify.conf that holds the headers; or give Variable.
    `variables` (Variable): The headers of the NOTIFY; Content gives a line of its body.

    Answered by one response.
    A user needs the class system to send it.
    Asterisk 12 to master, since 12.0.0.
    """

def pjsip_qualify(endpoint: str) -> Action:
    """Send an OPTIONS request to the contacts of a PJSIP endpoint.

    `endpoint` (Endpoint): The name of the PJSIP endpoint.

    Answered by one response.
    A user needs the class system or reporting to send it.
    Asterisk 12 to master, since 12.0.0.
    """

def pjsip_register(registration: str) -> Action:
    """Unregister an outbound registration of PJSIP and register it again at once.

    `registration` (Registration): The name of the outbound registration, or *all for each.

    Answered by one response.
    A user needs the class system or reporting to send it.
    Asterisk 13 to master, since 13.2.0.
    """

def pjsip_set_maintenance(endpoint: str, state: Literal["on", "off"] | str) -> Action:
    """Put PJSIP endpoints into maintenance, where new calls are refused, or take them out.

    `endpoint` (Endpoint): The name of the endpoint, or all for each.
    `state` (State): on to begin maintenance, off to end it. One of on, off.

    Answered by one response.
    A user needs the class system to send it.
    Asterisk 20, 22 to master, since 20.20.0, 22.10.0, 23.4.0.
    """

def pjsip_show_aors() -> Action[AorList]:
    """List the addresses of record of PJSIP.

    Answered by a list of AorList, ended by AorListComplete.
    A user needs the class system to send it.
    Asterisk 16 to master, since 16.0.0.
    """

def pjsip_show_auths() -> Action[AuthList]:
    """List the authentication objects of PJSIP.

    Answered by a list of AuthList, ended by AuthListComplete.
    A user needs the class system to send it.
    Asterisk 16 to master, since 16.0.0.
    """

def pjsip_show_contacts() -> Action[ContactList]:
    """List the contacts of PJSIP and their states.

    Answered by a list of ContactList, ended by ContactListComplete.
    A user needs the class system to send it.
    Asterisk 16 to master, since 16.0.0.
    """

def pjsip_show_endpoint(endpoint: str) -> Action[EndpointDetail | AorDetail | AuthDetail | TransportDetail | IdentifyDetail | ContactStatusDetail]:
    """List a PJSIP endpoint with its addresses, logins, transport and contacts.

    `endpoint` (Endpoint): The name of the PJSIP endpoint.

    Answered by a list of EndpointDetail, AorDetail, AuthDetail, TransportDetail, IdentifyDetail and ContactStatusDetail, ended by EndpointDetailComplete.
    A user needs the class system to send it.
    Asterisk 12 to master, since 12.0.0.
    """

def pjsip_show_endpoints() -> Action[EndpointList]:
    """List the PJSIP endpoints.

    Answered by a list of EndpointList, ended by EndpointListComplete.
    A user needs the class system to send it.
    Asterisk 12 to master, since 12.0.0.
    """

def pjsip_show_maintenance(*, endpoint: str | None = None) -> Action[PJSIPMaintenanceStatus]:
    """List the PJSIP endpoints that are in maintenance.

    `endpoint` (Endpoint): Ask about this endpoint only; empty for all that are in maintenance.

    Answered by a list of PJSIPMaintenanceStatus, ended by PJSIPMaintenanceStatusComplete.
    A user needs the class system or reporting to send it.
    Asterisk 20, 22 to master, since 20.20.0, 22.10.0, 23.4.0.
    """

def pjsip_show_registration_inbound_contact_statuses() -> Action[ContactStatusDetail]:
    """List the states of the contacts that registered with PJSIP.

    Answered by a list of ContactStatusDetail, ended by ContactStatusDetailComplete.
    A user needs the class system to send it.
    Asterisk 13 to master, since 14.3.0, 13.14.0.
    """

def pjsip_show_registrations_inbound() -> Action[InboundRegistrationDetail]:
    """List the addresses of record that accept registrations, with their contacts.

    Answered by a list of InboundRegistrationDetail, ended by InboundRegistrationDetailComplete.
    A user needs the class system to send it.
    Asterisk 12 to master, since 12.0.0.
    """

def pjsip_show_registrations_outbound() -> Action[OutboundRegistrationDetail | AuthDetail]:
    """List the outbound registrations of PJSIP, with their logins.

    Answered by a list of OutboundRegistrationDetail and AuthDetail, ended by OutboundRegistrationDetailComplete.
    A user needs the class system or reporting to send it.
    Asterisk 12 to master, since 12.0.0.
    """

def pjsip_show_resource_lists() -> Action[ResourceListDetail]:
    """List the resource lists that PJSIP offers for subscription.

    Answered by a list of ResourceListDetail, ended by ResourceListDetailComplete.
    A user needs the class system to send it.
    Asterisk 13 to master, since 13.0.0.
    """

def pjsip_show_subscriptions_inbound() -> Action[InboundSubscriptionDetail]:
    """List the subscriptions that others hold with this server over PJSIP.

    Answered by a list of InboundSubscriptionDetail, ended by InboundSubscriptionDetailComplete.
    A user needs the class system to send it.
    Asterisk 12 to master, since 12.0.0.
    """

def pjsip_show_subscriptions_outbound() -> Action[OutboundSubscriptionDetail]:
    """List the subscriptions this server holds with others over PJSIP.

    Answered by a list of OutboundSubscriptionDetail, ended by OutboundSubscriptionDetailComplete.
    A user needs the class system to send it.
    Asterisk 12 to master, since 12.0.0.
    """

def pjsip_unregister(registration: str) -> Action:
    """Unregister an outbound registration of PJSIP and stop renewing it.

    `registration` (Registration): The name of the outbound registration, or *all for each.

    Answered by one response.
    A user needs the class system or reporting to send it.
    Asterisk 12 to master, since 12.0.0.
    """

def play_dtmf(channel: str, digit: str, *, duration: float | None = None, receive: bool | None = None) -> Action:
    """Play a DTMF digit on a channel.

    `channel` (Channel): The full name of the channel.
    `digit` (Digit): The digit to play; only its first character counts.
    `duration`, in seconds (Duration): How long the digit sounds.
    `receive` (Receive): Whether to act as if the channel had sent the digit; false by default.

    Answered by one response.
    A user needs the class call to send it.
    Asterisk 1.8 to master, since 1.4.0.
    """

def play_mf(channel: str, digit: str, *, duration: float | None = None) -> Action:
    """Play an MF digit on a channel.

    `channel` (Channel): The full name of the channel.
    `digit` (Digit): The digit to play: 0 to 9, or *, #, A, B or C for the MF signals.
    `duration`, in seconds (Duration): How long the digit sounds; the usual time of its kind by default.

    Answered by one response.
    A user needs the class call to send it.
    Asterisk 16, 18 to master, since 16.21.0, 18.7.0, 19.0.0.
    """

def presence_state(provider: str) -> Action:
    """Ask for the state of a presence provider.

    `provider` (Provider): The presence provider, such as CustomPresence:alice.

    Answered by one response.
    A user needs the class call or reporting to send it.
    Asterisk 11 to master, since 11.0.0.
    """

def presence_state_list() -> Action[PresenceStateChange]:
    """List the presence states that are known.

    Answered by a list of PresenceStateChange, ended by PresenceStateListComplete.
    A user needs the class call or reporting to send it.
    Asterisk 13 to master, since 13.0.0.
    """

def pri_debug_file_set(file: str) -> Action:
    """Write the PRI debug output to a file.

    `file` (File): The path of the file to write to.

    Answered by one response.
    A user needs the class system to send it.
    Asterisk 13 to master, since 13.0.0.
    """

def pri_debug_file_unset() -> Action:
    """Stop writing the PRI debug output to a file.

    Answered by one response.
    Every user may send it.
    Asterisk 13 to master, since 13.0.0.
    """

def pri_debug_set(span: int, level: Literal["off", "on", "hex", "intense"] | str) -> Action:
    """Set how much debug output a PRI span gives.

    `span` (Span): The number of the span.
    `level` (Level): How much to show; hex and intense show more than on. One of off, on, hex, intense.

    Its end cannot be recognised: a Ping follows it.
    Every user may send it.
    Asterisk 13 to master, since 13.0.0.
    """

def pri_show_spans(*, span: int | None = None) -> Action:
    """List the PRI spans and their states.

    `span` (Span): The number of one span; empty or 0 for all.

    Answered by a list of PRIShowSpans, ended by PRIShowSpansComplete, without EventList headers before 13.2.
    Every user may send it.
    Asterisk 11 to master, since 10.0.0.
    """

def queue_add(queue: str, interface: str, *, penalty: int | None = None, paused: bool | None = None, reason: str | None = None, member_name: str | None = None, state_interface: str | None = None) -> Action:
    """Add a member to a queue.

    `queue` (Queue): The name of the queue.
    `interface` (Interface): The interface of the member, such as PJSIP/100.
    `penalty` (Penalty): The penalty of the member, 0 or more; a lower one is called first. 0 by default.
    `paused` (Paused): Whether the member starts paused; false by default.
    `reason` (Reason): Why the member starts paused.
    `member_name` (MemberName): A name for the member; empty for the interface.
    `state_interface` (StateInterface): The device whose state tells whether the member is free; empty for the interface.

    Answered by one response.
    A user needs the class agent to send it.
    Asterisk 1.8 to master, since 1.0.0.
    """

def queue_change_priority_caller(queue: str, caller: str, priority: int, *, immediate: bool | None = None) -> Action:
    """Change the priority of a caller who waits in a queue.

    `queue` (Queue): The name of the queue.
    `caller` (Caller): The name of the caller's channel.
    `priority` (Priority): The new priority; a higher one is served first.
    `immediate` (Immediate): Whether the caller changes its place in the queue at once; false by default.

    Answered by one response.
    Every user may send it.
    Asterisk 15 to master, since 15.0.0.
    """

def queue_log(queue: str, event: str, *, uniqueid: str | None = None, interface: str | None = None, message: str | None = None) -> Action:
    """Write an entry to the queue log.

    `queue` (Queue): The queue to name in the entry.
    `event` (Event): The event to name in the entry.
    `uniqueid` (Uniqueid): The Uniqueid of the call to name in the entry; NONE by default.
    `interface` (Interface): The member's interface to name in the entry.
    `message` (Message): Further data for the entry.

    Answered by one response.
    A user needs the class agent to send it.
    Asterisk 1.8 to master, since 1.6.0.
    """

def queue_member_ring_in_use(interface: str, ring_in_use: bool, *, queue: str | None = None) -> Action:
    """Set whether a queue member is called while it is in use.

    `interface` (Interface): The interface of the member, such as PJSIP/100.
    `ring_in_use` (RingInUse): Whether to call the member while it is in use.
    `queue` (Queue): The queue to change it in; empty for all queues of the member.

    Answered by one response.
    A user needs the class agent to send it.
    Asterisk 11 to master, since 11.0.0.
    """

def queue_pause(interface: str, paused: bool, *, queue: str | None = None, reason: str | None = None) -> Action:
    """Pause or unpause a queue member.

    `interface` (Interface): The interface of the member, such as PJSIP/100.
    `paused` (Paused): Whether to pause the member; false unpauses it.
    `queue` (Queue): The queue to do it in; empty for all queues of the member.
    `reason` (Reason): Why the member pauses; goes to the event and the queue log.

    Answered by one response.
    A user needs the class agent to send it.
    Asterisk 1.8 to master, since 1.2.0.
    """

def queue_penalty(interface: str, penalty: int, *, queue: str | None = None) -> Action:
    """Set the penalty of a queue member.

    `interface` (Interface): The interface of the member, such as PJSIP/100.
    `penalty` (Penalty): The new penalty, 0 or more; a lower one is called first.
    `queue` (Queue): The queue to set it in; empty for all queues of the member.

    Answered by one response.
    A user needs the class agent to send it.
    Asterisk 1.8 to master, since 1.6.0.
    """

def queue_reload(*, queue: str | None = None, members: bool | None = None, rules: bool | None = None, parameters: bool | None = None) -> Action:
    """Reload queues, their members or the penalty rules; all of it when nothing is chosen.

    `queue` (Queue): The queue to reload; empty for all.
    `members` (Members): Whether to reload the members. One of yes, no.
    `rules` (Rules): Whether to reload queuerules.conf. One of yes, no.
    `parameters` (Parameters): Whether to reload the settings of the queues. One of yes, no.

    Answered by one response.
    Every user may send it.
    Asterisk 1.8 to master, since 1.6.2.0.
    """

def queue_remove(queue: str, interface: str) -> Action:
    """Remove a dynamic member from a queue.

    `queue` (Queue): The name of the queue.
    `interface` (Interface): The interface of the member, such as PJSIP/100.

    Answered by one response.
    A user needs the class agent to send it.
    Asterisk 1.8 to master, since 1.0.0.
    """

def queue_reset(*, queue: str | None = None) -> Action:
    """Reset the statistics of queues.

    `queue` (Queue): The queue to reset; empty for all.

    Answered by one response.
    Every user may send it.
    Asterisk 1.8 to master, since 1.6.2.0.
    """

def queue_rule(*, rule: str | None = None) -> Action:
    """Ask for the penalty rules of queues.

    `rule` (Rule): The name of one list in queuerules.conf; empty for all.

    Answered by one response.
    Every user may send it.
    Asterisk 1.8 to master, since 1.6.0.
    """

def queues() -> Action:
    """Ask for the text of queue show (gone since Asterisk 15); the reply has no Response.

    There may be no response. Its end cannot be recognised: a Ping follows it.
    Every user may send it.
    Asterisk 1.8 to 14.
    """

def queue_status(*, queue: str | None = None, member: str | None = None) -> Action[QueueParams | QueueMember | QueueEntry]:
    """List queues with their members and waiting callers.

    `queue` (Queue): List only this queue; empty for all.
    `member` (Member): List only this member, by interface or name; empty for all.

    Answered by a list of QueueParams, QueueMember and QueueEntry, ended by QueueStatusComplete, without EventList headers before 13.2.
    Every user may send it.
    Asterisk 1.8 to master, since 0.5.0.
    """

def queue_summary(*, queue: str | None = None) -> Action[QueueSummary]:
    """List the queues with their counts of members and callers and their hold times.

    `queue` (Queue): List only this queue; empty for all.

    Answered by a list of QueueSummary, ended by QueueSummaryComplete, without EventList headers before 13.2.
    Every user may send it.
    Asterisk 1.8 to master, since 1.6.0.
    """

def queue_withdraw_caller(queue: str, caller: str, *, withdraw_info: str | None = None) -> Action:
    """Take a waiting caller out of a queue; the call goes on in the dialplan.

    `queue` (Queue): The name of the queue.
    `caller` (Caller): The name of the caller's channel.
    `withdraw_info` (WithdrawInfo): Text for the channel variable QUEUE_WITHDRAW_INFO of the caller.

    Answered by one response.
    Every user may send it.
    Asterisk 16, 18 to master, since 19.3.0, 18.11.0, 16.25.0.
    """

def redirect(channel: str, exten: str, context: str, priority: int | str, *, extra_channel: str | None = None, extra_exten: str | None = None, extra_context: str | None = None, extra_priority: int | str | None = None) -> Action:
    """Send a channel, or two at once, to another place in the dialplan.

    `channel` (Channel): The channel to send.
    `exten` (Exten): The extension to go to.
    `context` (Context): The context of the extension.
    `priority` (Priority): The priority of the extension.
    `extra_channel` (ExtraChannel): A second channel to send, such as the peer; empty for none.
    `extra_exten` (ExtraExten): The extension for the second channel; needed with ExtraContext.
    `extra_context` (ExtraContext): The context for the second channel; empty sends it where the first one goes.
    `extra_priority` (ExtraPriority): The priority for the second channel; needed with ExtraContext.

    Answered by one response.
    A user needs the class call to send it.
    Asterisk 1.8 to master, since 0.2.0.
    """

def reload(*, module: str | None = None) -> Action:
    """Reload the configuration of a module, or of everything.

    `module` (Module): The name of the module; empty for everything.

    Answered by one response.
    A user needs the class config or system to send it.
    Asterisk 1.8 to master, since 1.6.0.
    """

def send_flash(channel: str, *, receive: bool | None = None) -> Action:
    """Send a hook flash on a channel.

    `channel` (Channel): The full name of the channel.
    `receive` (Receive): Whether to act as if the channel had sent the flash; false by default.

    Answered by one response.
    A user needs the class call to send it.
    Asterisk 18, 20 to master, since 20.3.0, 18.18.0.
    """

def send_text(channel: str, message: str, *, content_type: str | None = None) -> Action:
    """Send a text to a channel during its call.

    `channel` (Channel): The full name of the channel.
    `message` (Message): The text to send.
    `content_type` (Content-Type): The MIME type of the text, such as text/html; empty for ordinary text.

    Answered by one response.
    A user needs the class call to send it.
    Asterisk 1.8 to master, since 1.6.0.
    """

def setvar(variable: str, value: str, *, channel: str | None = None) -> Action:
    """Set a variable or write a dialplan function.

    `variable` (Variable): The name of the variable, or a function with its arguments, such as CALLERID(num).
    `value` (Value): The value to set, taken as it is.
    `channel` (Channel): The channel the variable belongs to; empty for a global variable.

    Answered by one response.
    A user needs the class call to send it.
    Asterisk 1.8 to master, since 1.0.0.
    """

def show_dial_plan(*, extension: str | None = None, context: str | None = None) -> Action[ListDialplan]:
    """List the contexts, extensions and priorities of the dialplan.

    `extension` (Extension): List only this extension; empty for all.
    `context` (Context): List only this context; empty for all.

    Answered by a list of ListDialplan, ended by ShowDialPlanComplete.
    A user needs the class config or reporting to send it.
    Asterisk 1.8 to master, since 1.6.0.
    """

def sip_notify(channel: str, variables: Mapping[str, Scalar], *, call_id: str | None = None) -> Action:
    """Send a NOTIFY request to a chan_sip peer.

    `channel` (Channel): The name of the peer to notify.
    `variables` (Variable): The headers of the NOTIFY; Content gives a line of its body.
    `call_id` (Call-ID): The SIP Call-ID of a call to send the NOTIFY in; empty to send it outside a call.

    Answered by one response.
    A user needs the class system to send it.
    Asterisk 1.8 to 20.
    """

def sip_peers() -> Action[PeerEntry]:
    """List the chan_sip peers.

    Answered by a list of PeerEntry, ended by PeerlistComplete.
    A user needs the class system or reporting to send it.
    Asterisk 1.8 to 20.
    """

def sip_peerstatus(*, peer: str | None = None) -> Action[PeerStatus]:
    """List the states of chan_sip peers.

    `peer` (Peer): List only this peer; empty for all.

    Answered by a list of PeerStatus, ended by SIPpeerstatusComplete, without EventList headers before 13.2.
    A user needs the class system to send it.
    Asterisk 11 to 20.
    """

def sip_qualifypeer(peer: str) -> Action:
    """Send an OPTIONS request to a chan_sip peer; SIPQualifyPeerDone tells the end.

    `peer` (Peer): The name of the SIP peer.

    Answered by one response.
    A user needs the class system or reporting to send it.
    Asterisk 1.8 to 20.
    """

def sip_showpeer(peer: str) -> Action:
    """Ask for the settings and the state of a chan_sip peer.

    `peer` (Peer): The name of the SIP peer.

    Answered by one response.
    A user needs the class system or reporting to send it.
    Asterisk 1.8 to 20.
    """

def sip_showregistry() -> Action[RegistryEntry]:
    """List the outbound registrations of chan_sip.

    Answered by a list of RegistryEntry, ended by RegistrationsComplete.
    A user needs the class system or reporting to send it.
    Asterisk 1.8 to 20.
    """

def skinny_devices() -> Action[DeviceEntry]:
    """List the Skinny devices.

    Answered by a list of DeviceEntry, ended by DevicelistComplete.
    A user needs the class system or reporting to send it.
    Asterisk 1.8 to 20.
    """

def skinny_lines() -> Action[LineEntry]:
    """List the Skinny lines.

    Answered by a list of LineEntry, ended by LinelistComplete.
    A user needs the class system or reporting to send it.
    Asterisk 1.8 to 20.
    """

def skinny_showdevice(device: str) -> Action:
    """Ask for the settings of a Skinny device.

    `device` (Device): The name of the device in skinny.conf.

    Answered by one response.
    A user needs the class system or reporting to send it.
    Asterisk 1.8 to 20.
    """

def skinny_showline(line: str) -> Action:
    """Ask for the settings of a Skinny line.

    `line` (Line): The name of the line in skinny.conf.

    Answered by one response.
    A user needs the class system or reporting to send it.
    Asterisk 1.8 to 20.
    """

def sorcery_memory_cache_expire(cache: str) -> Action:
    """Remove all objects from a sorcery memory cache.

    `cache` (Cache): The name of a memory cache in sorcery.conf.

    Answered by one response.
    A user needs the class system to send it.
    Asterisk 13 to master, since 13.5.0.
    """

def sorcery_memory_cache_expire_object(cache: str, object: str) -> Action:
    """Remove one object from a sorcery memory cache.

    `cache` (Cache): The name of a memory cache in sorcery.conf.
    `object` (Object): The id of the object in the cache.

    Answered by one response.
    A user needs the class system to send it.
    Asterisk 13 to master, since 13.5.0.
    """

def sorcery_memory_cache_populate(cache: str) -> Action:
    """Fill a sorcery memory cache anew with all objects of its backend.

    `cache` (Cache): The name of a memory cache in sorcery.conf.

    Answered by one response.
    A user needs the class system to send it.
    Asterisk 13 to master, since 13.7.0.
    """

def sorcery_memory_cache_stale(cache: str) -> Action:
    """Mark all objects in a sorcery memory cache as stale, to be fetched again when used.

    `cache` (Cache): The name of a memory cache in sorcery.conf.

    Answered by one response.
    A user needs the class system to send it.
    Asterisk 13 to master, since 13.5.0.
    """

def sorcery_memory_cache_stale_object(cache: str, object: str, *, reload: bool | None = None) -> Action:
    """Mark one object in a sorcery memory cache as stale, to be fetched again when used.

    `cache` (Cache): The name of a memory cache in sorcery.conf.
    `object` (Object): The id of the object in the cache.
    `reload` (Reload): Whether to fetch the object again at once; false by default.

    Answered by one response.
    A user needs the class system to send it.
    Asterisk 13 to master, since 13.5.0.
    """

def status(*, channel: str | None = None, variables: str | Sequence[str] | None = None, all_variables: bool | None = None) -> Action[Status]:
    """List channels with their states and, if wanted, their variables.

    `channel` (Channel): List only this channel; empty for all.
    `variables` (Variables): The variables and functions to report of each channel.
    `all_variables` (AllVariables): Whether to report all variables of each channel; false by default. One of true, false.

    Answered by a list of Status, ended by StatusComplete, without EventList headers before 13.2.
    A user needs the class system, call or reporting to send it.
    Asterisk 1.8 to master, since 0.2.0.
    """

def stop_mix_monitor(channel: str, *, mix_monitor_id: str | None = None) -> Action:
    """Stop a MixMonitor recording of a channel.

    `channel` (Channel): The full name of the channel.
    `mix_monitor_id` (MixMonitorID): The id of the recording to stop, as option i of MixMonitor gives it.

    Answered by one response.
    A user needs the class system or call to send it.
    Asterisk 11 to master, since 11.0.0.
    """

def stop_monitor(channel: str) -> Action:
    """Stop the Monitor recording of a channel.

    `channel` (Channel): The full name of the channel.

    Answered by one response.
    A user needs the class call to send it.
    Asterisk 1.8 to 20.
    """

def unpause_monitor(channel: str) -> Action:
    """Continue the paused Monitor recording of a channel.

    `channel` (Channel): The full name of the channel.

    Answered by one response.
    A user needs the class call to send it.
    Asterisk 1.8 to 20.
    """

def update_config(src_filename: str, dst_filename: str, *, reload: str | None = None, preserve_effective_context: bool | None = None, changes: Sequence[Mapping[str, Scalar]] | None = None) -> Action:
    """Change a configuration file in numbered steps and save it.

    `src_filename` (SrcFilename): The file to read.
    `dst_filename` (DstFilename): The file to write; give SrcFilename again to change a file in place.
    `reload` (Reload): yes to reload everything afterwards, or the name of one module to reload.
    `preserve_effective_context` (PreserveEffectiveContext): Whether a changed template leaves its heirs' settings as they are; true by default.
    `changes` (Action-000000, Cat-000000, Var-000000, Value-000000, Match-000000, Line-000000, Options-000000): The steps, each a mapping of Action, Cat, Var, Value, Match, Line and Options.

    Answered by one response.
    A user needs the class config to send it.
    Asterisk 1.8 to master, since 1.4.0.
    """

def user_event(user_event: str, *, headers: Mapping[str, Value] | None = None) -> Action:
    """Send a UserEvent to all sessions that read the class user.

    `user_event` (UserEvent): The name of your event.
    `headers` (Header1, HeaderN): Headers of your own, with any names.

    Answered by one response.
    A user needs the class user to send it.
    Asterisk 1.8 to master, since 1.4.0.
    """

def voicemail_box_summary(context: str, mailbox: str) -> Action:
    """List the messages in a voicemail box.

    `context` (Context): The voicemail context of the mailbox.
    `mailbox` (Mailbox): The number of the mailbox.

    Answered by a list of VoicemailBoxDetail, ended by VoicemailBoxDetailComplete.
    A user needs the class call or reporting to send it.
    Asterisk 18, 20 to master, since 20.5.0, 18.20.0.
    """

def voicemail_forward(context: str, mailbox: str, folder: str, id: str, to_context: str, to_mailbox: str, to_folder: str) -> Action:
    """Copy a voicemail message to another mailbox.

    `context` (Context): The voicemail context of the mailbox that holds the message.
    `mailbox` (Mailbox): The number of the mailbox that holds the message.
    `folder` (Folder): The folder that holds the message, such as INBOX.
    `id` (ID): The unique id of the message.
    `to_context` (ToContext): The voicemail context of the mailbox to forward to.
    `to_mailbox` (ToMailbox): The number of the mailbox to forward to.
    `to_folder` (ToFolder): The folder to put the message in.

    Answered by one response.
    A user needs the class user to send it.
    Asterisk 18, 20 to master, since 20.5.0, 18.20.0.
    """

def voicemail_move(context: str, mailbox: str, folder: str, id: str, to_folder: str) -> Action:
    """Move a voicemail message to another folder of its mailbox.

    `context` (Context): The voicemail context of the mailbox.
    `mailbox` (Mailbox): The number of the mailbox.
    `folder` (Folder): The folder that holds the message, such as INBOX.
    `id` (ID): The unique id of the message.
    `to_folder` (ToFolder): The folder to put the message in.

    Answered by one response.
    A user needs the class user to send it.
    Asterisk 18, 20 to master, since 20.5.0, 18.20.0.
    """

def voicemail_refresh(*, context: str | None = None, mailbox: str | None = None) -> Action:
    """Let Asterisk look for changes in voicemail boxes and tell them.

    `context` (Context): Look only in this voicemail context; empty for all.
    `mailbox` (Mailbox): Look only at the mailbox with this number; empty for all.

    Answered by one response.
    A user needs the class user to send it.
    Asterisk 12 to master, since 12.0.0.
    """

def voicemail_remove(context: str, mailbox: str, folder: str, id: str) -> Action:
    """Delete a voicemail message.

    `context` (Context): The voicemail context of the mailbox.
    `mailbox` (Mailbox): The number of the mailbox.
    `folder` (Folder): The folder that holds the message, such as INBOX.
    `id` (ID): The unique id of the message.

    Answered by one response.
    A user needs the class user to send it.
    Asterisk 18, 20 to master, since 20.5.0, 18.20.0.
    """

def voicemail_users_list() -> Action[VoicemailUserEntry]:
    """List the voicemail users with their settings and message counts.

    Answered by a list of VoicemailUserEntry, ended by VoicemailUserEntryComplete, without EventList headers before 13.2.
    A user needs the class call or reporting to send it.
    Asterisk 1.8 to master, since 1.6.0.
    """

def voicemail_user_status(context: str, mailbox: str) -> Action:
    """Ask for the settings and message counts of a voicemail user.

    `context` (Context): The voicemail context of the mailbox.
    `mailbox` (Mailbox): The number of the mailbox.

    Answered by a list of VoicemailUserDetail, ended by VoicemailUserDetailComplete.
    A user needs the class call or reporting to send it.
    Asterisk 16 to master, since 16.0.0.
    """

def wait_event(*, timeout: float | None = None) -> Action:
    """Hold the session until an event comes, then return all events that wait.

    `timeout`, in seconds (Timeout): How long to wait, in whole seconds.

    Answered by the events of the session, ended by WaitEventComplete. Until then, Asterisk serves nothing else on the session.
    Every user may send it.
    Asterisk 1.8 to master, since 1.4.0.
    """
