"""The events of Asterisk, as views for type checkers."""

# Written by `python -m tests.workshop.catalogue`: edit the facts and the words there.

from typing import Generic, Literal, TypeAlias, TypeVar

from ami_proto.message.event_values import ChannelState as ChannelState
from ami_proto.message.event_values import channel_state as channel_state
from ami_proto.message.event_values import event_time as event_time
from ami_proto.message.event_values import hangup_cause as hangup_cause
from ami_proto.message.event_values import header_seconds as header_seconds
from ami_proto.message.view import EventView as EventView
from ami_proto.message.view import is_event as is_event

_HeaderName = TypeVar("_HeaderName", bound=str)
_Common: TypeAlias = Literal["Event", "Privilege", "ActionID", "Timestamp", "SystemName", "SequenceNumber", "File", "Line", "Func", "EventList", "ListItems"]

class _Checked(EventView, Generic[_HeaderName]):
    """A view with these headers."""

    def __getitem__(self, name: _HeaderName | _Common) -> str: ...  # type: ignore[override]

_BridgeSnapshot: TypeAlias = Literal["BridgeUniqueid", "BridgeType", "BridgeTechnology", "BridgeCreator", "BridgeName", "BridgeNumChannels", "BridgeVideoSourceMode", "BridgeVideoSource"]
_FromBridgeSnapshot: TypeAlias = Literal["FromBridgeUniqueid", "FromBridgeType", "FromBridgeTechnology", "FromBridgeCreator", "FromBridgeName", "FromBridgeNumChannels", "FromBridgeVideoSourceMode", "FromBridgeVideoSource"]
_OrigBridgeSnapshot: TypeAlias = Literal["OrigBridgeUniqueid", "OrigBridgeType", "OrigBridgeTechnology", "OrigBridgeCreator", "OrigBridgeName", "OrigBridgeNumChannels", "OrigBridgeVideoSourceMode", "OrigBridgeVideoSource"]
_SecondBridgeSnapshot: TypeAlias = Literal["SecondBridgeUniqueid", "SecondBridgeType", "SecondBridgeTechnology", "SecondBridgeCreator", "SecondBridgeName", "SecondBridgeNumChannels", "SecondBridgeVideoSourceMode", "SecondBridgeVideoSource"]
_ToBridgeSnapshot: TypeAlias = Literal["ToBridgeUniqueid", "ToBridgeType", "ToBridgeTechnology", "ToBridgeCreator", "ToBridgeName", "ToBridgeNumChannels", "ToBridgeVideoSourceMode", "ToBridgeVideoSource"]
_ChannelSnapshot: TypeAlias = Literal["Channel", "ChannelState", "ChannelStateDesc", "CallerIDNum", "CallerIDName", "ConnectedLineNum", "ConnectedLineName", "Language", "AccountCode", "Context", "Exten", "Priority", "Uniqueid", "Linkedid", "Tenantid", "ChanVariable"]
_DestChannelSnapshot: TypeAlias = Literal["DestChannel", "DestChannelState", "DestChannelStateDesc", "DestCallerIDNum", "DestCallerIDName", "DestConnectedLineNum", "DestConnectedLineName", "DestLanguage", "DestAccountCode", "DestContext", "DestExten", "DestPriority", "DestUniqueid", "DestLinkedid", "DestTenantid", "DestChanVariable"]
_LocaloneChannelSnapshot: TypeAlias = Literal["LocalOneChannel", "LocalOneChannelState", "LocalOneChannelStateDesc", "LocalOneCallerIDNum", "LocalOneCallerIDName", "LocalOneConnectedLineNum", "LocalOneConnectedLineName", "LocalOneLanguage", "LocalOneAccountCode", "LocalOneContext", "LocalOneExten", "LocalOnePriority", "LocalOneUniqueid", "LocalOneLinkedid", "LocalOneTenantid", "LocalOneChanVariable"]
_LocaltwoChannelSnapshot: TypeAlias = Literal["LocalTwoChannel", "LocalTwoChannelState", "LocalTwoChannelStateDesc", "LocalTwoCallerIDNum", "LocalTwoCallerIDName", "LocalTwoConnectedLineNum", "LocalTwoConnectedLineName", "LocalTwoLanguage", "LocalTwoAccountCode", "LocalTwoContext", "LocalTwoExten", "LocalTwoPriority", "LocalTwoUniqueid", "LocalTwoLinkedid", "LocalTwoTenantid", "LocalTwoChanVariable"]
_OrigtransfererChannelSnapshot: TypeAlias = Literal["OrigTransfererChannel", "OrigTransfererChannelState", "OrigTransfererChannelStateDesc", "OrigTransfererCallerIDNum", "OrigTransfererCallerIDName", "OrigTransfererConnectedLineNum", "OrigTransfererConnectedLineName", "OrigTransfererLanguage", "OrigTransfererAccountCode", "OrigTransfererContext", "OrigTransfererExten", "OrigTransfererPriority", "OrigTransfererUniqueid", "OrigTransfererLinkedid", "OrigTransfererTenantid", "OrigTransfererChanVariable"]
_ParkeeChannelSnapshot: TypeAlias = Literal["ParkeeChannel", "ParkeeChannelState", "ParkeeChannelStateDesc", "ParkeeCallerIDNum", "ParkeeCallerIDName", "ParkeeConnectedLineNum", "ParkeeConnectedLineName", "ParkeeLanguage", "ParkeeAccountCode", "ParkeeContext", "ParkeeExten", "ParkeePriority", "ParkeeUniqueid", "ParkeeLinkedid", "ParkeeTenantid", "ParkeeChanVariable"]
_ParkerChannelSnapshot: TypeAlias = Literal["ParkerChannel", "ParkerChannelState", "ParkerChannelStateDesc", "ParkerCallerIDNum", "ParkerCallerIDName", "ParkerConnectedLineNum", "ParkerConnectedLineName", "ParkerLanguage", "ParkerAccountCode", "ParkerContext", "ParkerExten", "ParkerPriority", "ParkerUniqueid", "ParkerLinkedid", "ParkerTenantid", "ParkerChanVariable"]
_RetrieverChannelSnapshot: TypeAlias = Literal["RetrieverChannel", "RetrieverChannelState", "RetrieverChannelStateDesc", "RetrieverCallerIDNum", "RetrieverCallerIDName", "RetrieverConnectedLineNum", "RetrieverConnectedLineName", "RetrieverLanguage", "RetrieverAccountCode", "RetrieverContext", "RetrieverExten", "RetrieverPriority", "RetrieverUniqueid", "RetrieverLinkedid", "RetrieverTenantid", "RetrieverChanVariable"]
_SecondtransfererChannelSnapshot: TypeAlias = Literal["SecondTransfererChannel", "SecondTransfererChannelState", "SecondTransfererChannelStateDesc", "SecondTransfererCallerIDNum", "SecondTransfererCallerIDName", "SecondTransfererConnectedLineNum", "SecondTransfererConnectedLineName", "SecondTransfererLanguage", "SecondTransfererAccountCode", "SecondTransfererContext", "SecondTransfererExten", "SecondTransfererPriority", "SecondTransfererUniqueid", "SecondTransfererLinkedid", "SecondTransfererTenantid", "SecondTransfererChanVariable"]
_SourceChannelSnapshot: TypeAlias = Literal["SourceChannel", "SourceChannelState", "SourceChannelStateDesc", "SourceCallerIDNum", "SourceCallerIDName", "SourceConnectedLineNum", "SourceConnectedLineName", "SourceLanguage", "SourceAccountCode", "SourceContext", "SourceExten", "SourcePriority", "SourceUniqueid", "SourceLinkedid", "SourceTenantid", "SourceChanVariable"]
_SpyeeChannelSnapshot: TypeAlias = Literal["SpyeeChannel", "SpyeeChannelState", "SpyeeChannelStateDesc", "SpyeeCallerIDNum", "SpyeeCallerIDName", "SpyeeConnectedLineNum", "SpyeeConnectedLineName", "SpyeeLanguage", "SpyeeAccountCode", "SpyeeContext", "SpyeeExten", "SpyeePriority", "SpyeeUniqueid", "SpyeeLinkedid", "SpyeeTenantid", "SpyeeChanVariable"]
_SpyerChannelSnapshot: TypeAlias = Literal["SpyerChannel", "SpyerChannelState", "SpyerChannelStateDesc", "SpyerCallerIDNum", "SpyerCallerIDName", "SpyerConnectedLineNum", "SpyerConnectedLineName", "SpyerLanguage", "SpyerAccountCode", "SpyerContext", "SpyerExten", "SpyerPriority", "SpyerUniqueid", "SpyerLinkedid", "SpyerTenantid", "SpyerChanVariable"]
_TargetChannelSnapshot: TypeAlias = Literal["TargetChannel", "TargetChannelState", "TargetChannelStateDesc", "TargetCallerIDNum", "TargetCallerIDName", "TargetConnectedLineNum", "TargetConnectedLineName", "TargetLanguage", "TargetAccountCode", "TargetContext", "TargetExten", "TargetPriority", "TargetUniqueid", "TargetLinkedid", "TargetTenantid", "TargetChanVariable"]
_TransfertargetChannelSnapshot: TypeAlias = Literal["TransferTargetChannel", "TransferTargetChannelState", "TransferTargetChannelStateDesc", "TransferTargetCallerIDNum", "TransferTargetCallerIDName", "TransferTargetConnectedLineNum", "TransferTargetConnectedLineName", "TransferTargetLanguage", "TransferTargetAccountCode", "TransferTargetContext", "TransferTargetExten", "TransferTargetPriority", "TransferTargetUniqueid", "TransferTargetLinkedid", "TransferTargetTenantid", "TransferTargetChanVariable"]
_TransfereeChannelSnapshot: TypeAlias = Literal["TransfereeChannel", "TransfereeChannelState", "TransfereeChannelStateDesc", "TransfereeCallerIDNum", "TransfereeCallerIDName", "TransfereeConnectedLineNum", "TransfereeConnectedLineName", "TransfereeLanguage", "TransfereeAccountCode", "TransfereeContext", "TransfereeExten", "TransfereePriority", "TransfereeUniqueid", "TransfereeLinkedid", "TransfereeTenantid", "TransfereeChanVariable"]
_TransfererChannelSnapshot: TypeAlias = Literal["TransfererChannel", "TransfererChannelState", "TransfererChannelStateDesc", "TransfererCallerIDNum", "TransfererCallerIDName", "TransfererConnectedLineNum", "TransfererConnectedLineName", "TransfererLanguage", "TransfererAccountCode", "TransfererContext", "TransfererExten", "TransfererPriority", "TransfererUniqueid", "TransfererLinkedid", "TransfererTenantid", "TransfererChanVariable"]

class AgentCalled(_Checked[_ChannelSnapshot | _DestChannelSnapshot | Literal["Queue", "MemberName", "Interface"]]):
    """A queue began to call a member for a caller."""

class AgentComplete(_Checked[_ChannelSnapshot | _DestChannelSnapshot | Literal["Queue", "MemberName", "Interface", "HoldTime", "TalkTime", "Reason"]]):
    """A queue member's call with a caller ended."""

class AgentConnect(_Checked[_ChannelSnapshot | _DestChannelSnapshot | Literal["Queue", "MemberName", "Interface", "RingTime", "HoldTime"]]):
    """A queue member answered and was connected to the caller."""

class AgentDump(_Checked[_ChannelSnapshot | _DestChannelSnapshot | Literal["Queue", "MemberName", "Interface"]]):
    """A queue member hung up on the caller while the announcement played to the member."""

class AgentLogin(_Checked[_ChannelSnapshot | Literal["Agent"]]):
    """An agent logged in."""

class Agentlogin(_Checked[Literal["Agent", "Channel", "Uniqueid"]]):
    """An agent logged in (up to Asterisk 11)."""

class AgentLogoff(_Checked[_ChannelSnapshot | Literal["Agent", "Logintime"]]):
    """An agent logged off."""

class Agentlogoff(_Checked[Literal["Agent", "Logintime", "Uniqueid"]]):
    """An agent logged off (up to Asterisk 11)."""

class AgentRingNoAnswer(_Checked[_ChannelSnapshot | _DestChannelSnapshot | Literal["Queue", "MemberName", "Interface", "RingTime"]]):
    """A queue member was called and did not answer."""

class Agents(_Checked[_ChannelSnapshot | Literal["Agent", "Name", "Status", "TalkingToChan", "CallStarted", "LoggedInTime", "ActionID"]]):
    """One item of the reply to Agents: an agent."""

class AgentsComplete(_Checked[Literal["ActionID"]]):
    """The end of the reply to Agents."""

class AGIExec(EventView):
    """An AGI command began or ended (up to Asterisk 11)."""

class AGIExecEnd(_Checked[_ChannelSnapshot | Literal["Command", "CommandId", "ResultCode", "Result"]]):
    """An AGI command ended."""

class AGIExecStart(_Checked[_ChannelSnapshot | Literal["Command", "CommandId"]]):
    """An AGI command began."""

class Alarm(_Checked[Literal["DAHDIChannel", "Alarm"]]):
    """A DAHDI channel went into alarm."""

class AlarmClear(_Checked[Literal["DAHDIChannel"]]):
    """The alarm of a DAHDI channel ended."""

class AOC_D(_Checked[_ChannelSnapshot | Literal["Charge", "Type", "BillingID", "TotalType", "Currency", "Name", "Cost", "Multiplier", "Units", "NumberOf", "TypeOf"]]):
    """An Advice of Charge message came or was sent during a call."""

class AOC_E(_Checked[_ChannelSnapshot | Literal["ChargingAssociation", "Number", "Plan", "ID", "Charge", "Type", "BillingID", "TotalType", "Currency", "Name", "Cost", "Multiplier", "Units", "NumberOf", "TypeOf"]]):
    """An Advice of Charge message came or was sent at the end of a call."""

class AOC_S(_Checked[_ChannelSnapshot | Literal["Chargeable", "RateType", "Currency", "Name", "Cost", "Multiplier", "ChargingType", "StepFunction", "Granularity", "Length", "Scale", "Unit", "SpecialCode"]]):
    """An Advice of Charge message with rates came or was sent at the setup of a call."""

class AorDetail(_Checked[Literal["ObjectType", "ObjectName", "MinimumExpiration", "MaximumExpiration", "DefaultExpiration", "QualifyFrequency", "AuthenticateQualify", "MaxContacts", "RemoveExisting", "RemoveUnavailable", "Mailboxes", "OutboundProxy", "SupportPath", "Qualify2xxOnly", "QualifyTimeout", "VoicemailExtension", "Contacts", "TotalContacts", "ContactsRegistered", "EndpointName"]]):
    """One item of the reply to PJSIPShowEndpoint: an address of record."""

class AorList(_Checked[Literal["ObjectType", "ObjectName", "MinimumExpiration", "MaximumExpiration", "DefaultExpiration", "QualifyFrequency", "QualifyTimeout", "Qualify2xxOnly", "AuthenticateQualify", "MaxContacts", "RemoveExisting", "RemoveUnavailable", "Mailboxes", "VoicemailExtension", "OutboundProxy", "SupportPath", "Contacts"]]):
    """One item of the reply to PJSIPShowAors: an address of record."""

class AorListComplete(_Checked[Literal["EventList", "ListItems"]]):
    """The end of the reply to PJSIPShowAors."""

class AsyncAGI(EventView):
    """A channel entered or left AGI(agi:async), or ran a command there (up to Asterisk 11)."""

class AsyncAGIEnd(_Checked[_ChannelSnapshot]):
    """A channel left AGI(agi:async)."""

class AsyncAGIExec(_Checked[_ChannelSnapshot | Literal["CommandID", "Result"]]):
    """A command of the action AGI ended; Result holds what it gave."""

class AsyncAGIStart(_Checked[_ChannelSnapshot | Literal["Env"]]):
    """A channel entered AGI(agi:async) and waits for commands."""

class AttendedTransfer(_Checked[_OrigtransfererChannelSnapshot | _OrigBridgeSnapshot | _SecondtransfererChannelSnapshot | _SecondBridgeSnapshot | _LocaloneChannelSnapshot | _LocaltwoChannelSnapshot | _TransfereeChannelSnapshot | _TransfertargetChannelSnapshot | Literal["DestType", "DestBridgeUniqueid", "DestApp", "DestTransfererChannel"]]):
    """An attended transfer ended, successfully or not."""

class AuthDetail(_Checked[Literal["ObjectType", "ObjectName", "Username", "Password", "Md5Cred", "Realm", "NonceLifetime", "AuthType", "EndpointName", "OauthClientid", "OauthSecret", "PasswordDigest", "RefreshToken", "SupportedAlgorithmsUac", "SupportedAlgorithmsUas"]]):
    """One item of a PJSIP list: the login of an endpoint or of an outbound registration."""

class AuthList(_Checked[Literal["ObjectType", "ObjectName", "Username", "Md5Cred", "Realm", "AuthType", "Password", "NonceLifetime", "OauthClientid", "OauthSecret", "PasswordDigest", "RefreshToken", "SupportedAlgorithmsUac", "SupportedAlgorithmsUas"]]):
    """One item of the reply to PJSIPShowAuths: an authentication object."""

class AuthListComplete(_Checked[Literal["EventList", "ListItems"]]):
    """The end of the reply to PJSIPShowAuths."""

class AuthMethodNotAllowed(_Checked[Literal["EventTV", "Severity", "Service", "EventVersion", "AccountID", "SessionID", "LocalAddress", "RemoteAddress", "AuthMethod", "Module", "SessionTV"]]):
    """A client tried to log in to a service in a way that is not allowed."""

class BlindTransfer(_Checked[_TransfererChannelSnapshot | _TransfereeChannelSnapshot | _BridgeSnapshot | Literal["Result", "IsExternal", "Context", "Extension"]]):
    """A blind transfer ended, successfully or not."""

class Bridge(_Checked[Literal["Bridgestate", "Bridgetype", "Channel1", "Channel2", "Uniqueid1", "Uniqueid2", "CallerID1", "CallerID2"]]):
    """Two channels were connected or parted (up to Asterisk 11)."""

class BridgeAction(_Checked[Literal["Response", "Channel1", "Channel2"]]):
    """The action Bridge connected two channels (up to Asterisk 11)."""

class BridgeCreate(_Checked[_BridgeSnapshot]):
    """A bridge was created."""

class BridgeDestroy(_Checked[_BridgeSnapshot]):
    """A bridge was destroyed."""

class BridgeEnter(_Checked[_BridgeSnapshot | _ChannelSnapshot | Literal["SwapUniqueid"]]):
    """A channel entered a bridge."""

class BridgeExec(_Checked[Literal["Response", "Reason", "Channel1", "Channel2"]]):
    """The dialplan application Bridge ended, successfully or not (up to Asterisk 11)."""

class BridgeInfoChannel(_Checked[_ChannelSnapshot]):
    """One item of the reply to BridgeInfo: a channel in the bridge."""

class BridgeInfoComplete(_Checked[_BridgeSnapshot]):
    """The end of the reply to BridgeInfo; it describes the bridge itself."""

class BridgeLeave(_Checked[_BridgeSnapshot | _ChannelSnapshot]):
    """A channel left a bridge."""

class BridgeListComplete(EventView):
    """The end of the reply to BridgeList."""

class BridgeListItem(_Checked[Literal["BridgeUniqueid", "BridgeType", "BridgeTechnology", "BridgeCreator", "BridgeName", "BridgeNumChannels", "BridgeVideoSourceMode"]]):
    """One item of the reply to BridgeList: a bridge."""

class BridgeMerge(_Checked[_ToBridgeSnapshot | _FromBridgeSnapshot]):
    """One bridge was merged into another."""

class BridgeTechnologyListComplete(EventView):
    """The end of the reply to BridgeTechnologyList."""

class BridgeTechnologyListItem(_Checked[Literal["BridgeTechnology", "BridgeType", "BridgePriority", "BridgeSuspended"]]):
    """One item of the reply to BridgeTechnologyList: a technology."""

class BridgeVideoSourceUpdate(_Checked[_BridgeSnapshot | Literal["BridgePreviousVideoSource"]]):
    """Another channel became the video source of a bridge."""

class CCAvailable(EventView):
    """Call completion became possible for a call that failed."""

class CCCallerRecalling(EventView):
    """The caller of a call completion is called back."""

class CCCallerStartMonitoring(EventView):
    """The caller was busy at the callback; Asterisk watches for it to become free."""

class CCCallerStopMonitoring(EventView):
    """The caller became free again; Asterisk stops watching it."""

class CCFailure(EventView):
    """A call completion failed."""

class CCMonitorFailed(EventView):
    """Asterisk can no longer watch a callee for a call completion."""

class CCOfferTimerStart(EventView):
    """A call completion was offered to the caller and the time to accept it runs."""

class CCRecallComplete(EventView):
    """The callback of a call completion reached its callee."""

class CCRequestAcknowledged(EventView):
    """A request for call completion was accepted."""

class CCRequested(EventView):
    """The caller asked for call completion."""

class Cdr(_Checked[Literal["AccountCode", "Source", "Destination", "DestinationContext", "CallerID", "Channel", "DestinationChannel", "LastApplication", "LastData", "StartTime", "AnswerTime", "EndTime", "Duration", "BillableSeconds", "Disposition", "AMAFlags", "UniqueID", "UserField"]]):
    """A call detail record was written."""

class CEL(_Checked[Literal["EventName", "AccountCode", "CallerIDnum", "CallerIDname", "CallerIDani", "CallerIDrdnis", "CallerIDdnid", "Exten", "Context", "Application", "AppData", "EventTime", "AMAFlags", "UniqueID", "LinkedID", "UserField", "Peer", "PeerAccount", "Extra"]]):
    """A step of a call was logged by Channel Event Logging."""

class ChallengeResponseFailed(_Checked[Literal["EventTV", "Severity", "Service", "EventVersion", "AccountID", "SessionID", "LocalAddress", "RemoteAddress", "Challenge", "Response", "ExpectedResponse", "Module", "SessionTV"]]):
    """A client answered a service's challenge wrongly."""

class ChallengeSent(_Checked[Literal["EventTV", "Severity", "Service", "EventVersion", "AccountID", "SessionID", "LocalAddress", "RemoteAddress", "Challenge", "Module", "SessionTV"]]):
    """A service sent a client a challenge to log in."""

class ChannelHungup(EventView):
    """One item of the reply to Hangup by regular expression: a channel being hung up."""

class ChannelReload(EventView):
    """A channel driver reloaded its configuration (up to Asterisk 11)."""

class ChannelsHungupListComplete(EventView):
    """The end of the reply to Hangup by regular expression."""

class ChannelTalkingStart(_Checked[_ChannelSnapshot]):
    """A channel began to talk; needs the function TALK_DETECT."""

class ChannelTalkingStop(_Checked[_ChannelSnapshot | Literal["Duration"]]):
    """A channel stopped talking; needs the function TALK_DETECT."""

class ChannelUpdate(EventView):
    """A channel driver told its own id for a channel (up to Asterisk 11)."""

class ChanSpyStart(_Checked[_SpyerChannelSnapshot | _SpyeeChannelSnapshot]):
    """A channel began to listen to another with ChanSpy."""

class ChanSpyStop(_Checked[_SpyerChannelSnapshot | _SpyeeChannelSnapshot]):
    """A channel stopped listening with ChanSpy."""

class CloseSession(EventView):
    """An order inside Asterisk to close the sessions; clients never receive it."""

class ConfbridgeEnd(_Checked[_BridgeSnapshot | Literal["Conference"]]):
    """A ConfBridge conference ended."""

class ConfbridgeJoin(_Checked[_BridgeSnapshot | _ChannelSnapshot | Literal["Conference", "Admin", "Muted"]]):
    """A channel joined a ConfBridge conference."""

class ConfbridgeLeave(_Checked[_BridgeSnapshot | _ChannelSnapshot | Literal["Conference", "Admin"]]):
    """A channel left a ConfBridge conference."""

class ConfbridgeList(_Checked[_ChannelSnapshot | Literal["Conference", "Admin", "MarkedUser", "WaitMarked", "EndMarked", "Waiting", "Muted", "Talking", "AnsweredTime", "EndMarkedAny"]]):
    """One item of the reply to ConfbridgeList: a participant."""

class ConfbridgeListComplete(EventView):
    """The end of the reply to ConfbridgeList."""

class ConfbridgeListRooms(_Checked[Literal["Conference", "Parties", "Marked", "Locked", "Muted"]]):
    """One item of the reply to ConfbridgeListRooms: a conference."""

class ConfbridgeListRoomsComplete(EventView):
    """The end of the reply to ConfbridgeListRooms."""

class ConfbridgeMute(_Checked[_BridgeSnapshot | _ChannelSnapshot | Literal["Conference", "Admin"]]):
    """A participant of a ConfBridge conference was muted."""

class ConfbridgeRecord(_Checked[_BridgeSnapshot | Literal["Conference"]]):
    """The recording of a ConfBridge conference began."""

class ConfbridgeStart(_Checked[_BridgeSnapshot | Literal["Conference"]]):
    """A ConfBridge conference began."""

class ConfbridgeStopRecord(_Checked[_BridgeSnapshot | Literal["Conference"]]):
    """The recording of a ConfBridge conference stopped."""

class ConfbridgeTalking(_Checked[_BridgeSnapshot | _ChannelSnapshot | Literal["Conference", "TalkingStatus", "Admin"]]):
    """A participant of a ConfBridge conference began or stopped talking."""

class ConfbridgeUnmute(_Checked[_BridgeSnapshot | _ChannelSnapshot | Literal["Conference", "Admin"]]):
    """A participant of a ConfBridge conference was unmuted."""

class ContactList(_Checked[Literal["ObjectType", "ObjectName", "ViaAddr", "ViaPort", "QualifyTimeout", "CallId", "RegServer", "PruneOnBoot", "Path", "Endpoint", "AuthenticateQualify", "Uri", "QualifyFrequency", "UserAgent", "ExpirationTime", "OutboundProxy", "Status", "RoundtripUsec", "Qualify2xxOnly"]]):
    """One item of the reply to PJSIPShowContacts: a contact."""

class ContactListComplete(_Checked[Literal["EventList", "ListItems"]]):
    """The end of the reply to PJSIPShowContacts."""

class ContactStatus(_Checked[Literal["URI", "ContactStatus", "AOR", "EndpointName", "RoundtripUsec"]]):
    """The state of a PJSIP contact changed."""

class ContactStatusDetail(_Checked[Literal["AOR", "URI", "Status", "RoundtripUsec", "EndpointName", "UserAgent", "RegExpire", "ViaAddress", "CallID", "ID", "AuthenticateQualify", "OutboundProxy", "Path", "QualifyFrequency", "QualifyTimeout", "Qualify2xxOnly"]]):
    """One item of a PJSIP list: the state of a contact."""

class ContactStatusDetailComplete(EventView):
    """The end of the reply to PJSIPShowRegistrationInboundContactStatuses."""

class CoreShowChannel(_Checked[_ChannelSnapshot | Literal["ActionID", "BridgeId", "Application", "ApplicationData", "Duration"]]):
    """One item of the reply to CoreShowChannels: a channel."""

class CoreShowChannelMap(EventView):
    """One item of the reply to CoreShowChannelMap: a connected channel."""

class CoreShowChannelMapComplete(_Checked[Literal["EventList", "ListItems"]]):
    """The end of the reply to CoreShowChannelMap."""

class CoreShowChannelsComplete(_Checked[Literal["ActionID", "EventList", "ListItems"]]):
    """The end of the reply to CoreShowChannels."""

class DAHDIChannel(_Checked[_ChannelSnapshot | Literal["DAHDIGroup", "DAHDISpan", "DAHDIChannel"]]):
    """A channel was tied to a channel of a DAHDI device."""

class DAHDIShowChannels(EventView):
    """One item of the reply to DAHDIShowChannels: a DAHDI channel."""

class DAHDIShowChannelsComplete(EventView):
    """The end of the reply to DAHDIShowChannels."""

class DAHDIShowStatus(EventView):
    """One item of the reply to DAHDIShowStatus: a DAHDI span."""

class DAHDIShowStatusComplete(EventView):
    """The end of the reply to DAHDIShowStatus."""

class DBGetComplete(EventView):
    """The end of the reply to DBGet."""

class DBGetResponse(_Checked[Literal["Family", "Key", "Val"]]):
    """The one item of the reply to DBGet: a key with its value."""

class DBGetTreeComplete(EventView):
    """The end of the reply to DBGetTree."""

class DBGetTreeResponse(_Checked[Literal["Key", "Val"]]):
    """One item of the reply to DBGetTree: a key with its value."""

class DeadlockStart(_Checked[Literal["Mutex"]]):
    """Asterisk found a probable deadlock in itself."""

class DeviceEntry(EventView):
    """One item of the reply to SKINNYdevices: a device."""

class DevicelistComplete(EventView):
    """The end of the reply to SKINNYdevices."""

class DeviceStateChange(_Checked[Literal["Device", "State"]]):
    """The state of a device changed; also an item of DeviceStateList's reply."""

class DeviceStateListComplete(_Checked[Literal["EventList", "ListItems"]]):
    """The end of the reply to DeviceStateList."""

class Dial(_Checked[Literal["SubEvent", "Channel", "Destination", "CallerIDNum", "CallerIDName", "ConnectedLineNum", "ConnectedLineName", "UniqueID", "DestUniqueID", "Dialstring", "DialStatus"]]):
    """The dialing of a channel by another began or ended (up to Asterisk 11)."""

class DialBegin(_Checked[_ChannelSnapshot | _DestChannelSnapshot | Literal["DialString"]]):
    """The dialing of a channel began."""

class DialEnd(_Checked[_ChannelSnapshot | _DestChannelSnapshot | Literal["DialStatus", "Forward"]]):
    """The dialing of a channel ended; DialStatus tells how."""

class DialState(_Checked[_ChannelSnapshot | _DestChannelSnapshot | Literal["DialStatus", "Forward"]]):
    """The state of a channel being dialed changed, such as to ringing."""

class DNDState(_Checked[Literal["DAHDIChannel", "Status"]]):
    """Do-not-disturb was turned on or off on a DAHDI channel."""

class DTMF(_Checked[Literal["Direction", "Begin", "End", "Channel", "Uniqueid", "Digit"]]):
    """A DTMF digit began or ended on a channel (up to Asterisk 11)."""

class DTMFBegin(_Checked[_ChannelSnapshot | Literal["Digit", "Direction"]]):
    """A DTMF digit began on a channel."""

class DTMFEnd(_Checked[_ChannelSnapshot | Literal["Digit", "DurationMs", "Direction"]]):
    """A DTMF digit ended on a channel."""

class EndpointDetail(_Checked[Literal["ObjectType", "ObjectName", "Context", "Allow", "DtmfMode", "RtpIpv6", "RtpSymmetric", "IceSupport", "UsePtime", "ForceRport", "RewriteContact", "Transport", "OutboundProxy", "MohSuggest", "100rel", "Timers", "TimersMinSe", "TimersSessExpires", "Auth", "OutboundAuth", "Aors", "MediaAddress", "IdentifyBy", "DirectMedia", "DirectMediaMethod", "TrustConnectedLine", "SendConnectedLine", "ConnectedLineMethod", "DirectMediaGlareMitigation", "DisableDirectMediaOnNat", "Callerid", "CalleridPrivacy", "CalleridTag", "TrustIdInbound", "TrustIdOutbound", "SendPai", "SendRpid", "SendDiversion", "Mailboxes", "AggregateMwi", "MediaEncryption", "MediaEncryptionOptimistic", "UseAvpf", "ForceAvp", "MediaUseReceivedTransport", "OneTouchRecording", "InbandProgress", "CallGroup", "PickupGroup", "NamedCallGroup", "NamedPickupGroup", "DeviceStateBusyAt", "T38Udptl", "T38UdptlEc", "T38UdptlMaxdatagram", "FaxDetect", "T38UdptlNat", "T38UdptlIpv6", "T38BindUdptlToMediaAddress", "ToneZone", "Language", "RecordOnFeature", "RecordOffFeature", "AllowTransfer", "UserEqPhone", "MohPassthrough", "SdpOwner", "SdpSession", "TosAudio", "TosVideo", "CosAudio", "CosVideo", "AllowSubscribe", "SubMinExpiry", "FromUser", "FromDomain", "MwiFromUser", "RtpEngine", "DtlsVerify", "DtlsRekey", "DtlsCertFile", "DtlsPrivateKey", "DtlsCipher", "DtlsCaFile", "DtlsCaPath", "DtlsSetup", "SrtpTag32", "RedirectMethod", "SetVar", "MessageContext", "Accountcode", "PreferredCodecOnly", "DeviceState", "ActiveChannels", "SubscribeContext", "AllowOverlap", "OverlapContext", "AcceptMultipleSdpAnswers", "Acl", "AllowUnauthenticatedOptions", "AsymmetricRtpCodec", "BindRtpToMediaAddress", "Bundle", "CodecPrefsIncomingAnswer", "CodecPrefsIncomingOffer", "CodecPrefsOutgoingAnswer", "CodecPrefsOutgoingOffer", "ContactAcl", "DtlsAutoGenerateCert", "DtlsFingerprint", "FaxDetectTimeout", "FollowEarlyMediaFork", "G726NonStandard", "GeolocIncomingCallProfile", "GeolocOutgoingCallProfile", "Ignore183WithoutSdp", "IncomingCallOfferPref", "IncomingMwiMailbox", "MaxAudioStreams", "MaxVideoStreams", "MwiSubscribeReplacesUnsolicited", "NotifyEarlyInuseRinging", "OutgoingCallOfferPref", "ReferBlindProgress", "RpidImmediate", "RtcpMux", "RtpKeepalive", "RtpTimeout", "RtpTimeoutHold", "RtpPortStart", "RtpPortEnd", "SecurityNegotiation", "SendAoc", "SendHistoryInfo", "StirShaken", "StirShakenProfile", "SuppressMohOnSendonly", "SuppressQ850ReasonHeaders", "Tenantid", "VoicemailExtension", "Webrtc", "FollowRedirectMethods"]]):
    """One item of the reply to PJSIPShowEndpoint: the endpoint's settings."""

class EndpointDetailComplete(_Checked[Literal["EventList", "ListItems"]]):
    """The end of the reply to PJSIPShowEndpoint."""

class EndpointList(_Checked[Literal["ObjectType", "ObjectName", "Transport", "Aor", "Auths", "OutboundAuths", "DeviceState", "ActiveChannels", "Contacts"]]):
    """One item of the reply to PJSIPShowEndpoints: an endpoint."""

class EndpointListComplete(_Checked[Literal["EventList", "ListItems"]]):
    """The end of the reply to PJSIPShowEndpoints."""

class ExtensionStateListComplete(_Checked[Literal["EventList", "ListItems"]]):
    """The end of the reply to ExtensionStateList."""

class ExtensionStatus(_Checked[Literal["Exten", "Context", "Hint", "Status", "StatusText"]]):
    """The state of a hint changed; also an item of ExtensionStateList's reply."""

class FailedACL(_Checked[Literal["EventTV", "Severity", "Service", "EventVersion", "AccountID", "SessionID", "LocalAddress", "RemoteAddress", "Module", "ACLName", "SessionTV"]]):
    """A client was refused by an access list of a service."""

class FAXSession(_Checked[Literal["ActionID", "SessionNumber", "Operation", "State", "ErrorCorrectionMode", "DataRate", "ImageResolution", "PageNumber", "FileName", "PagesTransmitted", "PagesReceived", "TotalBadLines"]]):
    """The event that follows the response to FAXSession: a fax session."""

class FAXSessionsComplete(_Checked[Literal["ActionID", "Total"]]):
    """The end of the reply to FAXSessions."""

class FAXSessionsEntry(_Checked[Literal["ActionID", "Channel", "Technology", "SessionNumber", "SessionType", "Operation", "State", "Files"]]):
    """One item of the reply to FAXSessions: a fax session."""

class FAXStats(_Checked[Literal["ActionID", "CurrentSessions!", "ReservedSessions!", "TransmitAttempts!", "ReceiveAttempts!", "CompletedFAXes!", "FailedFAXes!", "CurrentSessions", "ReservedSessions", "TransmitAttempts", "ReceiveAttempts", "CompletedFAXes", "FailedFAXes"]]):
    """The event that follows the response to FAXStats: the fax counts of the server."""

class FAXStatus(_Checked[_ChannelSnapshot | Literal["Operation", "Status", "LocalStationID", "FileName"]]):
    """A fax made progress on a channel."""

class Flash(_Checked[_ChannelSnapshot]):
    """A channel received a hook flash."""

class FullyBooted(_Checked[Literal["Status", "Uptime", "LastReload"]]):
    """Asterisk has started; also sent after a login to a server that has."""

class Hangup(_Checked[_ChannelSnapshot | Literal["Cause", "Cause-txt", "TechCause"]]):
    """A channel was hung up and is gone."""

class HangupHandlerPop(_Checked[_ChannelSnapshot | Literal["Handler"]]):
    """A hangup handler was taken off a channel by the dialplan."""

class HangupHandlerPush(_Checked[_ChannelSnapshot | Literal["Handler"]]):
    """A hangup handler was put on a channel by the dialplan."""

class HangupHandlerRun(_Checked[_ChannelSnapshot | Literal["Handler"]]):
    """A hangup handler of a channel is about to run."""

class HangupRequest(_Checked[_ChannelSnapshot | Literal["Cause", "TechCause"]]):
    """A hangup of a channel was asked for, as a rule by its own device."""

class Hold(_Checked[_ChannelSnapshot | Literal["MusicClass"]]):
    """A channel put its peer on hold."""

class IdentifyDetail(_Checked[Literal["ObjectType", "ObjectName", "Endpoint", "SrvLookups", "Match", "MatchHeader", "MatchRequestUri", "EndpointName"]]):
    """One item of the reply to PJSIPShowEndpoint: how requests are matched to it."""

class InboundRegistrationDetail(_Checked[Literal["ObjectType", "ObjectName", "MinimumExpiration", "DefaultExpiration", "QualifyTimeout", "Qualify2xxOnly", "Mailboxes", "SupportPath", "RemoveUnavailable", "VoicemailExtension", "MaxContacts", "AuthenticateQualify", "MaximumExpiration", "QualifyFrequency", "RemoveExisting", "OutboundProxy", "Contacts", "Contact"]]):
    """One item of the reply to PJSIPShowRegistrationsInbound: an address of record."""

class InboundRegistrationDetailComplete(EventView):
    """The end of the reply to PJSIPShowRegistrationsInbound."""

class InboundSubscriptionDetail(_Checked[Literal["Role", "Endpoint", "Callid", "State", "Callerid", "SubscriptionType", "Extension", "ExtensionStates", "Mailboxes"]]):
    """One item of the reply to PJSIPShowSubscriptionsInbound: a subscription."""

class InboundSubscriptionDetailComplete(EventView):
    """The end of the reply to PJSIPShowSubscriptionsInbound."""

class InvalidAccountID(_Checked[Literal["EventTV", "Severity", "Service", "EventVersion", "AccountID", "SessionID", "LocalAddress", "RemoteAddress", "Module", "SessionTV"]]):
    """A client gave a service an unknown account."""

class InvalidPassword(_Checked[Literal["EventTV", "Severity", "Service", "EventVersion", "AccountID", "SessionID", "LocalAddress", "RemoteAddress", "Module", "SessionTV", "Challenge", "ReceivedChallenge", "ReceivedHash"]]):
    """A client gave a service a wrong password."""

class InvalidTransport(_Checked[Literal["EventTV", "Severity", "Service", "EventVersion", "AccountID", "SessionID", "LocalAddress", "RemoteAddress", "AttemptedTransport", "Module", "SessionTV"]]):
    """A client used a transport that the service does not allow for its account."""

class JabberEvent(EventView):
    """An XMPP stanza was sent or received (up to Asterisk 11)."""

class JabberStatus(EventView):
    """The state of a contact in XMPP changed."""

class JitterBufStats(EventView):
    """The jitter buffer of an IAX2 call gave its counts (up to Asterisk 11)."""

class Join(_Checked[Literal["Queue", "Position", "Count", "Channel", "CallerIDNum", "CallerIDName", "ConnectedLineNum", "ConnectedLineName", "Uniqueid"]]):
    """A caller joined a queue (up to Asterisk 11)."""

class Leave(_Checked[Literal["Queue", "Count", "Position", "Channel", "Uniqueid"]]):
    """A caller left a queue (up to Asterisk 11)."""

class LineEntry(EventView):
    """One item of the reply to SKINNYlines: a line."""

class LinelistComplete(EventView):
    """The end of the reply to SKINNYlines."""

class ListDialplan(_Checked[Literal["Context", "Extension", "Priority", "Application", "AppData", "Registrar", "Switch", "IncludeContext", "ExtensionLabel", "IgnorePattern"]]):
    """One item of the reply to ShowDialPlan: a priority, an include or the like."""

class Load(_Checked[Literal["Module", "Status"]]):
    """A module was loaded, or failed to load."""

class LoadAverageLimit(_Checked[Literal["EventTV", "Severity", "Service", "EventVersion", "AccountID", "SessionID", "LocalAddress", "RemoteAddress", "Module", "SessionTV"]]):
    """A service refused a client because the load of the machine is too high."""

class LocalBridge(_Checked[_LocaloneChannelSnapshot | _LocaltwoChannelSnapshot | Literal["Context", "Exten", "LocalOptimization"]]):
    """The two halves of a Local channel were joined at its start."""

class LocalOptimizationBegin(_Checked[_LocaloneChannelSnapshot | _LocaltwoChannelSnapshot | _SourceChannelSnapshot | Literal["DestUniqueId", "Id"]]):
    """A Local channel began to optimize itself out of a call."""

class LocalOptimizationEnd(_Checked[_LocaloneChannelSnapshot | _LocaltwoChannelSnapshot | Literal["Success", "Id"]]):
    """A Local channel stopped optimizing itself out of a call; Success tells how."""

class LogChannel(_Checked[Literal["Channel"]]):
    """A channel of the logger was turned on or off."""

class Masquerade(_Checked[Literal["Clone", "CloneState", "Original", "OriginalState"]]):
    """One channel took the place of another (up to Asterisk 11)."""

class MCID(_Checked[_ChannelSnapshot | Literal["MCallerIDNumValid", "MCallerIDNum", "MCallerIDton", "MCallerIDNumPlan", "MCallerIDNumPres", "MCallerIDNameValid", "MCallerIDName", "MCallerIDNameCharSet", "MCallerIDNamePres", "MCallerIDSubaddr", "MCallerIDSubaddrType", "MCallerIDSubaddrOdd", "MCallerIDPres", "MConnectedIDNumValid", "MConnectedIDNum", "MConnectedIDton", "MConnectedIDNumPlan", "MConnectedIDNumPres", "MConnectedIDNameValid", "MConnectedIDName", "MConnectedIDNameCharSet", "MConnectedIDNamePres", "MConnectedIDSubaddr", "MConnectedIDSubaddrType", "MConnectedIDSubaddrOdd", "MConnectedIDPres"]]):
    """A party asked to identify a malicious call."""

class MeetmeEnd(_Checked[Literal["Meetme"]]):
    """A MeetMe conference ended."""

class MeetmeJoin(_Checked[_ChannelSnapshot | Literal["Meetme", "User"]]):
    """A channel joined a MeetMe conference."""

class MeetmeLeave(_Checked[_ChannelSnapshot | Literal["Meetme", "User", "Duration"]]):
    """A channel left a MeetMe conference."""

class MeetmeList(_Checked[Literal["Conference", "UserNumber", "CallerIDNum", "CallerIDName", "ConnectedLineNum", "ConnectedLineName", "Channel", "Admin", "Role", "MarkedUser", "Muted", "Talking"]]):
    """One item of the reply to MeetmeList: a participant."""

class MeetmeListComplete(EventView):
    """The end of the reply to MeetmeList."""

class MeetmeListRooms(_Checked[Literal["Conference", "Parties", "Marked", "Activity", "Creation", "Locked"]]):
    """One item of the reply to MeetmeListRooms: a conference."""

class MeetmeListRoomsComplete(EventView):
    """The end of the reply to MeetmeListRooms."""

class MeetmeMute(_Checked[_ChannelSnapshot | Literal["Meetme", "User", "Duration", "Status"]]):
    """A participant of a MeetMe conference was muted or unmuted."""

class MeetmeTalking(_Checked[_ChannelSnapshot | Literal["Meetme", "User", "Duration", "Status"]]):
    """A participant of a MeetMe conference began or stopped talking."""

class MeetmeTalkRequest(_Checked[_ChannelSnapshot | Literal["Meetme", "User", "Duration", "Status"]]):
    """A muted participant of a MeetMe conference asked to talk, or took it back."""

class MemoryLimit(_Checked[Literal["EventTV", "Severity", "Service", "EventVersion", "AccountID", "SessionID", "LocalAddress", "RemoteAddress", "Module", "SessionTV"]]):
    """A service refused a client because memory is short."""

class MessageWaiting(_Checked[_ChannelSnapshot | Literal["Mailbox", "Waiting", "New", "Old"]]):
    """The messages that wait in a mailbox changed."""

class MiniVoiceMail(_Checked[_ChannelSnapshot | Literal["Action", "Mailbox", "Counter"]]):
    """MiniVM sent a notification of a message."""

class MixMonitorMute(_Checked[_ChannelSnapshot | Literal["Direction", "State"]]):
    """A MixMonitor recording was muted or unmuted."""

class MixMonitorStart(_Checked[_ChannelSnapshot]):
    """A MixMonitor recording of a channel began."""

class MixMonitorStop(_Checked[_ChannelSnapshot]):
    """A MixMonitor recording of a channel stopped."""

class MobileStatus(EventView):
    """A phone of chan_mobile connected or disconnected."""

class ModuleLoadReport(_Checked[Literal["ModuleSelection", "ModuleLoadStatus", "ModuleCount"]]):
    """A stage of loading the modules at start ended (up to Asterisk 11)."""

class MonitorStart(_Checked[_ChannelSnapshot]):
    """A Monitor recording of a channel began."""

class MonitorStop(_Checked[_ChannelSnapshot]):
    """A Monitor recording of a channel stopped."""

class MusicOnHold(EventView):
    """Music on hold began or stopped on a channel (up to Asterisk 11)."""

class MusicOnHoldStart(_Checked[_ChannelSnapshot | Literal["Class"]]):
    """Music on hold began on a channel."""

class MusicOnHoldStop(_Checked[_ChannelSnapshot]):
    """Music on hold stopped on a channel."""

class MWIGet(_Checked[Literal["ActionID", "Mailbox", "OldMessages", "NewMessages"]]):
    """One item of the reply to MWIGet: a mailbox with its counts."""

class MWIGetComplete(_Checked[Literal["ActionID", "EventList", "ListItems"]]):
    """The end of the reply to MWIGet."""

class NewAccountCode(_Checked[_ChannelSnapshot | Literal["OldAccountCode"]]):
    """The account code of a channel changed."""

class NewCallerid(_Checked[_ChannelSnapshot | Literal["CID-CallingPres"]]):
    """The caller id of a channel changed."""

class Newchannel(_Checked[_ChannelSnapshot]):
    """A channel was created."""

class NewConnectedLine(_Checked[_ChannelSnapshot]):
    """The connected line of a channel changed."""

class NewExten(_Checked[_ChannelSnapshot | Literal["Extension", "Application", "AppData"]]):
    """A channel runs a priority of the dialplan; the wire's name is Newexten."""

class Newexten(_Checked[Literal["Application", "AppData", "Channel", "Context", "Extension", "Priority", "Uniqueid", "ChannelState", "ChannelStateDesc", "CallerIDNum", "CallerIDName", "ConnectedLineNum", "ConnectedLineName", "Language", "AccountCode", "Exten", "Linkedid"]]):
    """A channel runs a priority of the dialplan."""

class NewPeerAccount(_Checked[Literal["Channel", "Uniqueid", "PeerAccount", "OldPeerAccount"]]):
    """The account code of a channel's peer changed (up to Asterisk 11)."""

class Newstate(_Checked[_ChannelSnapshot]):
    """The state of a channel changed, such as to Up."""

class OriginateResponse(_Checked[Literal["ActionID", "Response", "Channel", "Context", "Exten", "Application", "Data", "Reason", "Uniqueid", "CallerIDNum", "CallerIDName"]]):
    """An asynchronous Originate ended, successfully or not."""

class OutboundRegistrationDetail(_Checked[Literal["ObjectType", "ObjectName", "MaxRetries", "ClientUri", "SecurityNegotiation", "AuthRejectionPermanent", "ServerUri", "MaxRandomInitialDelay", "SupportPath", "RetryInterval", "ContactHeaderParams", "Expiration", "Transport", "Line", "ContactUser", "Endpoint", "UserAgent", "ForbiddenRetryInterval", "OutboundAuth", "OutboundProxy", "FatalRetryInterval", "SupportOutbound", "Status", "NextReg"]]):
    """One item of the reply to PJSIPShowRegistrationsOutbound: a registration."""

class OutboundRegistrationDetailComplete(_Checked[Literal["Registered", "NotRegistered"]]):
    """The end of the reply to PJSIPShowRegistrationsOutbound."""

class OutboundSubscriptionDetail(_Checked[Literal["Role", "Endpoint", "Callid", "State", "Callerid", "SubscriptionType", "Extension", "ExtensionStates", "Mailboxes"]]):
    """One item of the reply to PJSIPShowSubscriptionsOutbound: a subscription."""

class OutboundSubscriptionDetailComplete(EventView):
    """The end of the reply to PJSIPShowSubscriptionsOutbound."""

class ParkedCall(_Checked[_ParkeeChannelSnapshot | Literal["ParkerDialString", "Parkinglot", "ParkingSpace", "ParkingTimeout", "ParkingDuration"]]):
    """A call was parked; also an item of ParkedCalls' reply."""

class ParkedCallGiveUp(_Checked[_ParkeeChannelSnapshot | _ParkerChannelSnapshot | Literal["ParkerDialString", "Parkinglot", "ParkingSpace", "ParkingTimeout", "ParkingDuration"]]):
    """A parked call hung up."""

class ParkedCallsComplete(_Checked[Literal["Total"]]):
    """The end of the reply to ParkedCalls."""

class ParkedCallSwap(_Checked[_ParkeeChannelSnapshot | _ParkerChannelSnapshot | Literal["ParkerDialString", "Parkinglot", "ParkingSpace", "ParkingTimeout", "ParkingDuration"]]):
    """Another channel took the place of a parked call."""

class ParkedCallTimeOut(_Checked[_ParkeeChannelSnapshot | _ParkerChannelSnapshot | Literal["ParkerDialString", "Parkinglot", "ParkingSpace", "ParkingTimeout", "ParkingDuration"]]):
    """The parking time of a call ran out."""

class Parkinglot(_Checked[Literal["Name", "StartSpace", "StopSpace", "Timeout"]]):
    """One item of the reply to Parkinglots: a parking lot."""

class ParkinglotsComplete(EventView):
    """The end of the reply to Parkinglots."""

class PeerEntry(EventView):
    """One item of the reply to SIPpeers, IAXpeers or IAXpeerlist: a peer."""

class PeerlistComplete(EventView):
    """The end of the reply to SIPpeers, IAXpeers or IAXpeerlist."""

class PeerStatus(_Checked[Literal["ChannelType", "Peer", "PeerStatus", "Cause", "Address", "Port", "Time"]]):
    """The state of a peer or endpoint changed; also an item of SIPpeerstatus's reply."""

class Pickup(_Checked[_ChannelSnapshot | _TargetChannelSnapshot]):
    """A channel picked up a call that rang elsewhere."""

class PJSIPMaintenanceStatus(_Checked[Literal["Endpoint", "Status"]]):
    """An endpoint's maintenance changed; also an item of PJSIPShowMaintenance's reply."""

class PJSIPMaintenanceStatusComplete(EventView):
    """The end of the reply to PJSIPShowMaintenance."""

class Placeholder(EventView):
    """A filler of Asterisk's own event queue; it says nothing."""

class PresenceStateChange(_Checked[Literal["Presentity", "Status", "Subtype", "Message"]]):
    """A presence provider's state changed; also an item of PresenceStateList's reply."""

class PresenceStateListComplete(_Checked[Literal["EventList", "ListItems"]]):
    """The end of the reply to PresenceStateList."""

class PresenceStatus(_Checked[Literal["Exten", "Context", "Hint", "Status", "Subtype", "Message"]]):
    """The presence state of a hint changed."""

class PRIShowSpansComplete(EventView):
    """The end of the reply to PRIShowSpans."""

class QueueCallerAbandon(_Checked[_ChannelSnapshot | Literal["Queue", "Position", "OriginalPosition", "HoldTime"]]):
    """A caller gave up waiting in a queue."""

class QueueCallerJoin(_Checked[_ChannelSnapshot | Literal["Queue", "Position", "Count"]]):
    """A caller joined a queue."""

class QueueCallerLeave(_Checked[_ChannelSnapshot | Literal["Queue", "Count", "Position"]]):
    """A caller left a queue, for whatever reason."""

class QueueEntry(_Checked[Literal["Queue", "Position", "Channel", "Uniqueid", "CallerIDNum", "CallerIDName", "ConnectedLineNum", "ConnectedLineName", "Wait", "Priority"]]):
    """One item of the reply to QueueStatus: a waiting caller."""

class QueueMember(_Checked[Literal["Queue", "Name", "Location", "StateInterface", "Membership", "Penalty", "CallsTaken", "LastCall", "LastPause", "LoginTime", "InCall", "Status", "Paused", "PausedReason", "Wrapuptime"]]):
    """One item of the reply to QueueStatus: a member of a queue."""

class QueueMemberAdded(_Checked[Literal["Queue", "MemberName", "Interface", "StateInterface", "Membership", "Penalty", "CallsTaken", "LastCall", "LastPause", "LoginTime", "InCall", "Status", "Paused", "PausedReason", "Ringinuse", "Wrapuptime"]]):
    """A member was added to a queue."""

class QueueMemberPause(_Checked[Literal["Queue", "MemberName", "Interface", "StateInterface", "Membership", "Penalty", "CallsTaken", "LastCall", "LastPause", "LoginTime", "InCall", "Status", "Paused", "PausedReason", "Ringinuse", "Wrapuptime"]]):
    """A member of a queue was paused or unpaused."""

class QueueMemberPaused(_Checked[Literal["Queue", "Location", "MemberName", "Paused", "Reason"]]):
    """A member of a queue was paused or unpaused (up to Asterisk 11)."""

class QueueMemberPenalty(_Checked[Literal["Queue", "MemberName", "Interface", "StateInterface", "Membership", "Penalty", "CallsTaken", "LastCall", "LastPause", "LoginTime", "InCall", "Status", "Paused", "PausedReason", "Ringinuse", "Wrapuptime"]]):
    """The penalty of a queue member changed."""

class QueueMemberRemoved(_Checked[Literal["Queue", "MemberName", "Interface", "StateInterface", "Membership", "Penalty", "CallsTaken", "LastCall", "LastPause", "LoginTime", "InCall", "Status", "Paused", "PausedReason", "Ringinuse", "Wrapuptime"]]):
    """A member was removed from a queue."""

class QueueMemberRinginuse(_Checked[Literal["Queue", "MemberName", "Interface", "StateInterface", "Membership", "Penalty", "CallsTaken", "LastCall", "LastPause", "LoginTime", "InCall", "Status", "Paused", "PausedReason", "Ringinuse", "Wrapuptime"]]):
    """The ringinuse setting of a queue member changed."""

class QueueMemberStatus(_Checked[Literal["Queue", "MemberName", "Interface", "StateInterface", "Membership", "Penalty", "CallsTaken", "LastCall", "LastPause", "LoginTime", "InCall", "Status", "Paused", "PausedReason", "Ringinuse", "Wrapuptime"]]):
    """The state of a queue member changed, such as that of its device."""

class QueueParams(_Checked[Literal["Max", "Strategy", "Calls", "Holdtime", "TalkTime", "Completed", "Abandoned", "ServiceLevelPerf", "ServiceLevelPerf2", "Queue", "ServiceLevel", "Weight"]]):
    """One item of the reply to QueueStatus: a queue with its counts."""

class QueueStatusComplete(EventView):
    """The end of the reply to QueueStatus."""

class QueueSummary(_Checked[Literal["Queue", "LoggedIn", "Available", "Callers", "HoldTime", "TalkTime", "LongestHoldTime"]]):
    """One item of the reply to QueueSummary: a queue with its counts."""

class QueueSummaryComplete(EventView):
    """The end of the reply to QueueSummary."""

class ReceiveFAX(_Checked[_ChannelSnapshot | Literal["LocalStationID", "RemoteStationID", "PagesTransferred", "Resolution", "TransferRate", "FileName"]]):
    """The reception of a fax ended."""

class RegistrationsComplete(EventView):
    """The end of the reply to SIPshowregistry or IAXregistry."""

class Registry(_Checked[Literal["ChannelType", "Username", "Domain", "Status", "Cause"]]):
    """The state of an outbound registration changed."""

class RegistryEntry(EventView):
    """One item of the reply to SIPshowregistry or IAXregistry: a registration."""

class Reload(_Checked[Literal["Module", "Status"]]):
    """A module, or everything, was reloaded."""

class Rename(EventView):
    """A channel got another name."""

class RequestBadFormat(_Checked[Literal["EventTV", "Severity", "Service", "EventVersion", "AccountID", "SessionID", "LocalAddress", "RemoteAddress", "RequestType", "Module", "SessionTV", "RequestParams"]]):
    """A client sent a service a request it could not read."""

class RequestNotAllowed(_Checked[Literal["EventTV", "Severity", "Service", "EventVersion", "AccountID", "SessionID", "LocalAddress", "RemoteAddress", "RequestType", "Module", "SessionTV", "RequestParams"]]):
    """A client asked a service for something it may not do."""

class RequestNotSupported(_Checked[Literal["EventTV", "Severity", "Service", "EventVersion", "AccountID", "SessionID", "LocalAddress", "RemoteAddress", "RequestType", "Module", "SessionTV"]]):
    """A client asked a service for something it does not know."""

class ResourceListDetail(_Checked[Literal["ObjectType", "ObjectName", "Event", "FullState", "ListItem", "NotificationBatchInterval", "ResourceDisplayName"]]):
    """One item of the reply to PJSIPShowResourceLists: a resource list."""

class ResourceListDetailComplete(EventView):
    """The end of the reply to PJSIPShowResourceLists."""

class RTCPReceived(_Checked[_ChannelSnapshot | Literal["SSRC", "PT", "From", "RTT", "ReportCount", "SentNTP", "SentRTP", "SentPackets", "SentOctets", "ReportXSourceSSRC", "ReportXFractionLost", "ReportXCumulativeLost", "ReportXHighestSequence", "ReportXSequenceNumberCycles", "ReportXIAJitter", "ReportXLSR", "ReportXDLSR"]]):
    """An RTCP report was received."""

class RTCPSent(_Checked[_ChannelSnapshot | Literal["SSRC", "PT", "To", "ReportCount", "SentNTP", "SentRTP", "SentPackets", "SentOctets", "ReportXSourceSSRC", "ReportXFractionLost", "ReportXCumulativeLost", "ReportXHighestSequence", "ReportXSequenceNumberCycles", "ReportXIAJitter", "ReportXLSR", "ReportXDLSR"]]):
    """An RTCP report was sent."""

class SendFAX(_Checked[_ChannelSnapshot | Literal["LocalStationID", "RemoteStationID", "PagesTransferred", "Resolution", "TransferRate", "FileName"]]):
    """The sending of a fax ended."""

class SessionLimit(_Checked[Literal["EventTV", "Severity", "Service", "EventVersion", "AccountID", "SessionID", "LocalAddress", "RemoteAddress", "Module", "SessionTV"]]):
    """A service refused a client because it has too many sessions."""

class SessionTimeout(_Checked[_ChannelSnapshot | Literal["Source"]]):
    """A SIP session timer of a channel ran out."""

class ShowDialPlanComplete(_Checked[Literal["ListExtensions", "ListPriorities", "ListContexts"]]):
    """The end of the reply to ShowDialPlan."""

class Shutdown(_Checked[Literal["Shutdown", "Restart"]]):
    """Asterisk shuts down or restarts."""

class SIPpeerstatusComplete(EventView):
    """The end of the reply to SIPpeerstatus."""

class SIPQualifyPeerDone(_Checked[Literal["Peer", "ActionID"]]):
    """The check that SIPqualifypeer began has ended."""

class SoftHangupRequest(_Checked[_ChannelSnapshot | Literal["Cause", "TechCause"]]):
    """A hangup of a channel was asked for inside Asterisk, such as by an action."""

class SpanAlarm(_Checked[Literal["Span", "Alarm"]]):
    """A DAHDI span went into alarm."""

class SpanAlarmClear(_Checked[Literal["Span"]]):
    """The alarm of a DAHDI span ended."""

class Status(_Checked[_ChannelSnapshot | Literal["ActionID", "Type", "DNID", "EffectiveConnectedLineNum", "EffectiveConnectedLineName", "TimeToHangup", "BridgeID", "Application", "Data", "Nativeformats", "Readformat", "Readtrans", "Writeformat", "Writetrans", "Callgroup", "Pickupgroup", "Seconds"]]):
    """One item of the reply to Status: a channel."""

class StatusComplete(_Checked[Literal["Items"]]):
    """The end of the reply to Status."""

class SuccessfulAuth(_Checked[Literal["EventTV", "Severity", "Service", "EventVersion", "AccountID", "SessionID", "LocalAddress", "RemoteAddress", "UsingPassword", "Module", "SessionTV"]]):
    """A client logged in to a service."""

class TestEvent(EventView):
    """Asterisk reached a point its test suite watches; only in builds for tests."""

class Transfer(EventView):
    """A SIP channel was transferred (up to Asterisk 11)."""

class TransportDetail(_Checked[Literal["ObjectType", "ObjectName", "Protocol", "Bind", "AsycOperations", "CaListFile", "CaListPath", "CertFile", "PrivKeyFile", "Password", "ExternalSignalingAddress", "ExternalSignalingPort", "ExternalSignalingHostname", "ExternalMediaAddress", "Domain", "VerifyServer", "VerifyClient", "RequireClientCert", "Method", "Cipher", "LocalNet", "Tos", "Cos", "WebsocketWriteTimeout", "AllowReload", "AllowWildcardCerts", "SymmetricTransport", "TcpKeepaliveEnable", "TcpKeepaliveIdleTime", "TcpKeepaliveIntervalTime", "TcpKeepaliveProbeCount", "EndpointName"]]):
    """One item of the reply to PJSIPShowEndpoint: the transport."""

class UnexpectedAddress(_Checked[Literal["EventTV", "Severity", "Service", "EventVersion", "AccountID", "SessionID", "LocalAddress", "RemoteAddress", "ExpectedAddress", "Module", "SessionTV"]]):
    """A client's request came from another address than its session."""

class Unhold(_Checked[_ChannelSnapshot]):
    """A channel took its peer off hold."""

class Unlink(EventView):
    """Two channels were parted (up to Asterisk 1.8)."""

class Unload(_Checked[Literal["Module", "Status"]]):
    """A module was unloaded, or failed to unload."""

class UnParkedCall(_Checked[_ParkeeChannelSnapshot | _ParkerChannelSnapshot | _RetrieverChannelSnapshot | Literal["ParkerDialString", "Parkinglot", "ParkingSpace", "ParkingTimeout", "ParkingDuration"]]):
    """A parked call was taken out of its space."""

class UserEvent(EventView):
    """A client or the dialplan sent an event of its own."""

class VarSet(_Checked[_ChannelSnapshot | Literal["Variable", "Value"]]):
    """A variable was set on a channel or globally."""

class VoicemailBoxDetailComplete(EventView):
    """The end of the reply to VoicemailBoxSummary."""

class VoicemailPasswordChange(_Checked[Literal["Context", "Mailbox", "NewPassword"]]):
    """The password of a mailbox was changed."""

class VoicemailUserDetailComplete(EventView):
    """The end of the reply to VoicemailUserStatus."""

class VoicemailUserEntry(EventView):
    """One item of the reply to VoicemailUsersList: a voicemail user."""

class VoicemailUserEntryComplete(EventView):
    """The end of the reply to VoicemailUsersList."""

class WaitEventComplete(EventView):
    """The end of the reply to WaitEvent."""

class Wink(_Checked[_ChannelSnapshot]):
    """A channel received a wink."""

