"""Labels of actions and outcomes, in metrics and logs.

The labels are a fixed set: each value is a time series that Prometheus keeps, and an application may send
actions of any name.
"""

from ami_proto import Outcome

OTHER = "other"
"""The label of an action that Asterisk does not have."""

OUTCOMES = {
    "ActionFailed": "failed",
    "ActionTimeout": "timeout",
    "ActionLost": "lost",
    "ActionCancelled": "cancelled",
    "ActionUnconfirmed": "unconfirmed",
}
"""Labels by error; any other error is `broken`: a reply that cannot be used, or a strategy that raised."""

_NAMES = """
    AbsoluteTimeout AgentLogoff Agents AGI AOCMessage Atxfer BlindTransfer Bridge BridgeDestroy BridgeInfo
    BridgeKick BridgeList BridgeTechnologyList BridgeTechnologySuspend BridgeTechnologyUnsuspend CancelAtxfer
    Challenge ChangeMonitor Command ConfbridgeKick ConfbridgeList ConfbridgeListRooms ConfbridgeLock
    ConfbridgeMute ConfbridgeSetSingleVideoSrc ConfbridgeStartRecord ConfbridgeStopRecord ConfbridgeUnlock
    ConfbridgeUnmute ControlPlayback CoreSettings CoreShowChannelMap CoreShowChannels CoreStatus CreateConfig
    DAHDIDialOffhook DAHDIDNDoff DAHDIDNDon DAHDIHangup DAHDIRestart DAHDIShowChannels DAHDIShowStatus
    DAHDITransfer DataGet DBDel DBDelTree DBGet DBGetTree DBPut DeviceStateList DialplanExtensionAdd
    DialplanExtensionRemove Events ExtensionState ExtensionStateList FAXSession FAXSessions FAXStats Filter
    FilterList GetConfig GetConfigJSON Getvar Hangup IAXnetstats IAXpeerlist IAXpeers IAXregistry JabberSend
    ListCategories ListCommands LocalOptimizeAway LoggerRotate Login Logoff MailboxCount MailboxStatus
    MeetmeList MeetmeListRooms MeetmeMute MeetmeUnmute MessageSend MixMonitor MixMonitorMute ModuleCheck
    ModuleLoad Monitor MuteAudio MWIDelete MWIGet MWIUpdate Originate Park ParkedCalls Parkinglots
    PauseMonitor Ping PJSIPHangup PJSIPNotify PJSIPQualify PJSIPRegister PJSIPSetMaintenance PJSIPShowAors
    PJSIPShowAuths PJSIPShowContacts PJSIPShowEndpoint PJSIPShowEndpoints PJSIPShowMaintenance
    PJSIPShowRegistrationInboundContactStatuses PJSIPShowRegistrationsInbound PJSIPShowRegistrationsOutbound
    PJSIPShowResourceLists PJSIPShowSubscriptionsInbound PJSIPShowSubscriptionsOutbound PJSIPUnregister
    PlayDTMF PlayMF PresenceState PresenceStateList PRIDebugFileSet PRIDebugFileUnset PRIDebugSet
    PRIShowSpans QueueAdd QueueChangePriorityCaller QueueLog QueueMemberRingInUse QueuePause QueuePenalty
    QueueReload QueueRemove QueueReset QueueRule Queues QueueStatus QueueSummary QueueWithdrawCaller Redirect
    Reload SendFlash SendText Setvar ShowDialPlan SIPnotify SIPpeers SIPpeerstatus SIPqualifypeer SIPshowpeer
    SIPshowregistry SKINNYdevices SKINNYlines SKINNYshowdevice SKINNYshowline SorceryMemoryCacheExpire
    SorceryMemoryCacheExpireObject SorceryMemoryCachePopulate SorceryMemoryCacheStale
    SorceryMemoryCacheStaleObject Status StopMixMonitor StopMonitor UnpauseMonitor UpdateConfig UserEvent
    VoicemailBoxSummary VoicemailForward VoicemailMove VoicemailRefresh VoicemailRemove VoicemailUsersList
    VoicemailUserStatus WaitEvent
"""

ACTION_NAMES = {name.lower(): name for name in _NAMES.split()}
"""Every action of Asterisk 1.8 to 23, by its name in lower case: AMI ignores case in names."""


def action_label(name: str) -> str:
    """Return an action's name in Asterisk's spelling, or `other`."""
    return ACTION_NAMES.get(name.lower(), OTHER)


def outcome_label(outcome: Outcome) -> str:
    """Return how an action ended, in one word: `success`, `failed`, `timeout`, `lost` ..."""
    error = outcome.error
    return "success" if error is None else OUTCOMES.get(type(error).__name__, "broken")
