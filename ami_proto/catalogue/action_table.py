"""The actions of Asterisk. `action_record` says what the columns are."""

# Written by `python -m tests.workshop.catalogue`: edit the facts and the words there.

from typing import Final

ParameterRow = tuple[str, str, bool, str, tuple[str, ...], tuple[str, ...], str]
ActionRow = tuple[
    str, str, str, str, tuple[str, ...], tuple[str, ...], str, str, str, tuple[str, ...], str,
    tuple[ParameterRow, ...],
]

ACTION_ROWS: Final[tuple[ActionRow, ...]] = (
    ("AbsoluteTimeout", "absolute_timeout", "Hang up a channel after a time, counted from now.", "core", ("system", "call"), ("0.5.0",), "1.8-master", "response", "", (), "", (
        ("channel", "Channel", True, "text", (), (), "The full name of the channel."),
        ("timeout", "Timeout", True, "seconds", (), (), "How long the channel may still live; more than zero."),
    )),
    ("AgentLogoff", "agent_logoff", "Log an agent off.", "app_agent_pool", ("agent",), ("1.2.0",), "1.8-master", "response", "", (), "", (
        ("agent", "Agent", True, "text", (), (), "The id of the agent."),
        ("soft", "Soft", False, "bool", (), (), "Whether a call the agent has now may go on; false hangs it up."),
    )),
    ("Agents", "agents", "List the agents and their states.", "app_agent_pool", ("agent",), ("1.2.0",), "1.8-master", "unmarked", "AgentsComplete", ("Agents",), "", ()),
    ("AGI", "agi", "Queue an AGI command on a channel that runs AGI(agi:async).", "res_agi", ("agi",), ("1.6.0",), "1.8-master", "response", "", (), "", (
        ("channel", "Channel", True, "text", (), (), "The name of a channel that runs AGI(agi:async)."),
        ("command", "Command", True, "text", (), (), "The AGI command with its arguments."),
        ("command_id", "CommandID", False, "text", (), (), "An id of your choice; AsyncAGIExec returns it with the result of the command."),
    )),
    ("AOCMessage", "aoc_message", "Send an Advice of Charge message to a channel.", "core", ("aoc",), ("1.8.0",), "1.8-master", "response", "", (), "", (
        ("msg_type", "MsgType", True, "text", (), ("S", "D", "E"), "The kind of message: S for rates at setup, D during the call, E at its end."),
        ("channel", "Channel", False, "text", (), (), "The channel to send the message to; this or ChannelPrefix is needed."),
        ("channel_prefix", "ChannelPrefix", False, "text", (), (), "The start of a channel's name; the first channel that matches gets the message."),
        ("charge_type", "ChargeType", False, "text", (), ("NA", "FREE", "Currency", "Unit"), "What D and E messages charge; NA when it is not known."),
        ("unit_amount", "UnitAmount(0)", False, "indexed", (), (), "The number of units charged; more entries as UnitAmount(1) to UnitAmount(31)."),
        ("unit_type", "UnitType(0)", False, "indexed", (), (), "The type number of the units in UnitAmount(0); counted in the same way."),
        ("currency_name", "CurrencyName", False, "text", (), (), "The name of the currency."),
        ("currency_amount", "CurrencyAmount", False, "int", (), (), "The charge, to be multiplied by CurrencyMultiplier."),
        ("currency_multiplier", "CurrencyMultiplier", False, "text", (), ("OneThousandth", "OneHundredth", "OneTenth", "One", "Ten", "Hundred", "Thousand"), "The factor of CurrencyAmount; needed with it."),
        ("total_type", "TotalType", False, "text", (), ("Total", "SubTotal"), "Whether a D message tells the sum so far or a part of it; Total by default."),
        ("aoc_billing_id", "AOCBillingId", False, "text", (), ("Normal", "ReverseCharge", "CreditCard", "CallFwdUnconditional", "CallFwdBusy", "CallFwdNoReply", "CallDeflection", "CallTransfer"), "How the call is billed; D knows only the first three values."),
        ("charging_association_id", "ChargingAssociationId", False, "int", (), (), "The number of the call this charge belongs to, for E."),
        ("charging_association_number", "ChargingAssociationNumber", False, "text", (), (), "The telephone number this charge belongs to, for E without an id."),
        ("charging_association_plan", "ChargingAssociationPlan", False, "int", (), (), "The numbering plan of ChargingAssociationNumber."),
        ("charged_item", "ChargedItem", False, "text", (), ("NA", "SpecialArrangement", "BasicCommunication", "CallAttempt", "CallSetup", "UserUserInfo", "SupplementaryService"), "What the rate is for, in S; each further ChargedItem header begins another rate."),
        ("rate_type", "RateType", False, "text", (), ("NA", "Free", "FreeFromBeginning", "Duration", "Flat", "Volume", "SpecialCode"), "How the rate is counted, in S."),
        ("time", "Time", False, "int", (), (), "How many units of TimeScale the price is for; needed for RateType Duration."),
        ("time_scale", "TimeScale", False, "text", (), ("OneHundredthSecond", "OneTenthSecond", "Second", "TenSeconds", "Minute", "Hour", "Day"), "The unit of Time; needed for RateType Duration."),
        ("granularity", "Granularity", False, "int", (), (), "The size of a charging step; Asterisk takes the number in Time instead."),
        ("granularity_time_scale", "GranularityTimeScale", False, "text", (), ("OneHundredthSecond", "OneTenthSecond", "Second", "TenSeconds", "Minute", "Hour", "Day"), "The unit of Granularity; needed with it."),
        ("charging_type", "ChargingType", False, "text", (), ("ContinuousCharging", "StepFunction"), "Whether time is charged continuously or in steps; ContinuousCharging by default."),
        ("volume_unit", "VolumeUnit", False, "text", (), ("Octet", "Segment", "Message"), "The unit for RateType Volume; Asterisk wants the same word in TimeScale too."),
        ("code", "Code", False, "int", (), (), "The code of a special arrangement or of RateType SpecialCode."),
    )),
    ("Atxfer", "atxfer", "Start an attended transfer by playing its feature code and the extension on a channel.", "core", ("call",), ("1.6.1.0",), "1.8-master", "response", "", (), "", (
        ("channel", "Channel", True, "text", (), (), "The channel of the party that transfers."),
        ("exten", "Exten", True, "text", (), (), "The extension to transfer to; it is queued on the channel as DTMF digits."),
        ("context", "Context", False, "text", (), (), "The context of the extension; sets TRANSFER_CONTEXT. Empty leaves that as it is."),
    )),
    ("BlindTransfer", "blind_transfer", "Transfer the peer of a channel to an extension at once.", "core", ("call",), ("12.0.0",), "12-master", "response", "", (), "", (
        ("channel", "Channel", True, "text", (), (), "The channel of the party that transfers."),
        ("exten", "Exten", True, "text", (), (), "The extension to transfer to; Asterisk refuses the action without it."),
        ("context", "Context", False, "text", (), (), "The context of the extension; empty for the channel's present context."),
    )),
    ("Bridge", "bridge", "Connect two existing channels with each other.", "core", ("call",), ("1.6.0",), "1.8-master", "response", "", (), "", (
        ("channel1", "Channel1", True, "text", (), (), "The name of one channel."),
        ("channel2", "Channel2", True, "text", (), (), "The name of the other channel."),
        ("tone", "Tone", False, "text", (), ("no", "Channel1", "Channel2", "Both"), "Which of the two hears a tone when they are connected; neither by default."),
    )),
    ("BridgeDestroy", "bridge_destroy", "Destroy a bridge; its channels go on in the dialplan or hang up.", "core", (), ("12.0.0",), "12-master", "response", "", (), "", (
        ("bridge_uniqueid", "BridgeUniqueid", True, "text", (), (), "The unique id of the bridge, as BridgeList gives it."),
    )),
    ("BridgeInfo", "bridge_info", "List the channels in a bridge.", "core", (), ("12.0.0",), "12-master", "unmarked", "BridgeInfoComplete", ("BridgeInfoChannel",), "", (
        ("bridge_uniqueid", "BridgeUniqueid", True, "text", (), (), "The unique id of the bridge, as BridgeList gives it."),
    )),
    ("BridgeKick", "bridge_kick", "Remove a channel from its bridge.", "core", (), ("12.0.0",), "12-master", "response", "", (), "", (
        ("channel", "Channel", True, "text", (), (), "The full name of the channel."),
        ("bridge_uniqueid", "BridgeUniqueid", False, "text", (), (), "The bridge the channel must be in; empty for the bridge it is in now."),
    )),
    ("BridgeList", "bridge_list", "List the bridges.", "core", (), ("12.0.0",), "12-master", "unmarked", "BridgeListComplete", ("BridgeListItem",), "", (
        ("bridge_type", "BridgeType", False, "text", (), (), "List only bridges of this technology, such as simple_bridge; empty for all."),
    )),
    ("BridgeTechnologyList", "bridge_technology_list", "List the technologies that bridges can use.", "core", (), ("12.0.0",), "12-master", "unmarked", "BridgeTechnologyListComplete", ("BridgeTechnologyListItem",), "", ()),
    ("BridgeTechnologySuspend", "bridge_technology_suspend", "Suspend a bridge technology, so that no bridge chooses it.", "core", (), ("12.0.0",), "12-master", "response", "", (), "", (
        ("bridge_technology", "BridgeTechnology", True, "text", (), (), "The name of the technology, as BridgeTechnologyList gives it."),
    )),
    ("BridgeTechnologyUnsuspend", "bridge_technology_unsuspend", "Allow a suspended bridge technology again.", "core", (), ("12.0.0",), "12-master", "response", "", (), "", (
        ("bridge_technology", "BridgeTechnology", True, "text", (), (), "The name of the technology, as BridgeTechnologyList gives it."),
    )),
    ("CancelAtxfer", "cancel_atxfer", "Cancel an attended transfer by playing the abort feature code on a channel.", "core", ("call",), ("15.1.0", "14.7.0", "13.18.0"), "13-master", "response", "", (), "", (
        ("channel", "Channel", True, "text", (), (), "The channel of the party that transfers."),
    )),
    ("Challenge", "challenge", "Ask for a challenge to log in with MD5.", "core", (), ("0.4.0",), "1.8-master", "response", "", (), "", (
        ("auth_type", "AuthType", True, "text", (), ("MD5",), "The way to log in; only MD5 exists."),
    )),
    ("ChangeMonitor", "change_monitor", "Change the file a channel is recorded to with Monitor.", "res_monitor", ("call",), (), "1.8-20", "response", "", (), "", (
        ("channel", "Channel", True, "text", (), (), "The full name of the channel."),
        ("file", "File", True, "text", (), (), "The new base name of the recording."),
    )),
    ("Command", "command", "Run a command of Asterisk's command line and return what it prints.", "core", ("command",), ("0.3.0",), "1.8-master", "output", "", (), "always", (
        ("command", "Command", True, "text", (), (), "The command as typed at the console, such as core show uptime."),
    )),
    ("ConfbridgeKick", "confbridge_kick", "Remove participants from a ConfBridge conference.", "app_confbridge", ("call",), ("10.0.0",), "11-master", "response", "", (), "", (
        ("conference", "Conference", True, "text", (), (), "The name or number of the conference."),
        ("channel", "Channel", True, "text", (), (), "The participant's channel, all for everyone, or participants for all but admins."),
    )),
    ("ConfbridgeList", "confbridge_list", "List the participants of a ConfBridge conference.", "app_confbridge", ("reporting",), ("10.0.0",), "11-master", "list", "ConfbridgeListComplete", ("ConfbridgeList",), "", (
        ("conference", "Conference", True, "text", (), (), "The name or number of the conference."),
    )),
    ("ConfbridgeListRooms", "confbridge_list_rooms", "List the ConfBridge conferences that are active.", "app_confbridge", ("reporting",), ("10.0.0",), "11-master", "list", "ConfbridgeListRoomsComplete", ("ConfbridgeListRooms",), "", ()),
    ("ConfbridgeLock", "confbridge_lock", "Lock a ConfBridge conference against new participants.", "app_confbridge", ("call",), ("10.0.0",), "11-master", "response", "", (), "", (
        ("conference", "Conference", True, "text", (), (), "The name or number of the conference."),
    )),
    ("ConfbridgeMute", "confbridge_mute", "Mute participants of a ConfBridge conference.", "app_confbridge", ("call",), ("10.0.0",), "11-master", "response", "", (), "", (
        ("conference", "Conference", True, "text", (), (), "The name or number of the conference."),
        ("channel", "Channel", True, "text", (), (), "A channel's name or its start, all for everyone, or participants for all but admins."),
    )),
    ("ConfbridgeSetSingleVideoSrc", "confbridge_set_single_video_src", "Make one participant the video source of a ConfBridge conference.", "app_confbridge", ("call",), ("10.0.0",), "11-master", "response", "", (), "", (
        ("conference", "Conference", True, "text", (), (), "The name or number of the conference."),
        ("channel", "Channel", True, "text", (), (), "The participant's channel, or the start of its name."),
    )),
    ("ConfbridgeStartRecord", "confbridge_start_record", "Start to record a ConfBridge conference.", "app_confbridge", ("system",), ("10.0.0",), "11-master", "response", "", (), "", (
        ("conference", "Conference", True, "text", (), (), "The name or number of the conference."),
        ("record_file", "RecordFile", False, "text", (), (), "The file to record to; empty for the one of the bridge profile."),
    )),
    ("ConfbridgeStopRecord", "confbridge_stop_record", "Stop recording a ConfBridge conference.", "app_confbridge", ("system",), ("10.0.0",), "11-master", "response", "", (), "", (
        ("conference", "Conference", True, "text", (), (), "The name or number of the conference."),
    )),
    ("ConfbridgeUnlock", "confbridge_unlock", "Unlock a ConfBridge conference.", "app_confbridge", ("call",), ("10.0.0",), "11-master", "response", "", (), "", (
        ("conference", "Conference", True, "text", (), (), "The name or number of the conference."),
    )),
    ("ConfbridgeUnmute", "confbridge_unmute", "Unmute participants of a ConfBridge conference.", "app_confbridge", ("call",), ("10.0.0",), "11-master", "response", "", (), "", (
        ("conference", "Conference", True, "text", (), (), "The name or number of the conference."),
        ("channel", "Channel", True, "text", (), (), "A channel's name or its start, all for everyone, or participants for all but admins."),
    )),
    ("ControlPlayback", "control_playback", "Control a file that is being played to a channel.", "app_controlplayback", ("call",), ("12.0.0",), "12-master", "response", "", (), "", (
        ("channel", "Channel", True, "text", (), (), "The channel that hears the file."),
        ("control", "Control", True, "text", (), ("stop", "forward", "reverse", "pause", "restart"), "What to do with the playback."),
    )),
    ("CoreSettings", "core_settings", "Ask for the versions, the system name and the limits of the server.", "core", ("system", "reporting"), ("1.6.0",), "1.8-master", "response", "", (), "", ()),
    ("CoreShowChannelMap", "core_show_channel_map", "List all channels that are connected to a channel, through Local channels too.", "core", ("system", "reporting"), ("20.4.0", "18.19.0"), "18 20-master", "list", "CoreShowChannelMapComplete", ("CoreShowChannelMap",), "", (
        ("channel", "Channel", True, "text", (), (), "The channel to begin at; Asterisk refuses the action without it."),
    )),
    ("CoreShowChannels", "core_show_channels", "List the channels that exist now.", "core", ("system", "reporting"), ("1.6.0",), "1.8-master", "list", "CoreShowChannelsComplete", ("CoreShowChannel",), "", ()),
    ("CoreStatus", "core_status", "Ask when the server started and reloaded, and how many calls it has.", "core", ("system", "reporting"), ("1.6.0",), "1.8-master", "response", "", (), "", ()),
    ("CreateConfig", "create_config", "Create an empty configuration file.", "core", ("config",), ("1.6.0",), "1.8-master", "response", "", (), "", (
        ("filename", "Filename", True, "text", (), (), "The new file, in Asterisk's configuration directory; it must not exist yet."),
    )),
    ("DAHDIDialOffhook", "dahdi_dial_offhook", "Dial digits on a DAHDI channel that is off hook.", "chan_dahdi", (), ("1.4.22",), "1.8-master", "response", "", (), "", (
        ("dahdi_channel", "DAHDIChannel", True, "int", (), (), "The number of the DAHDI channel."),
        ("number", "Number", True, "text", (), (), "The digits to dial."),
    )),
    ("DAHDIDNDoff", "dahdi_dnd_off", "Turn off do-not-disturb for a DAHDI channel.", "chan_dahdi", (), ("1.4.22",), "1.8-master", "response", "", (), "", (
        ("dahdi_channel", "DAHDIChannel", True, "int", (), (), "The number of the DAHDI channel."),
    )),
    ("DAHDIDNDon", "dahdi_dnd_on", "Turn on do-not-disturb for a DAHDI channel.", "chan_dahdi", (), ("1.4.22",), "1.8-master", "response", "", (), "", (
        ("dahdi_channel", "DAHDIChannel", True, "int", (), (), "The number of the DAHDI channel."),
    )),
    ("DAHDIHangup", "dahdi_hangup", "Act as if the user of an analog DAHDI channel had hung up.", "chan_dahdi", (), ("1.4.22",), "1.8-master", "response", "", (), "", (
        ("dahdi_channel", "DAHDIChannel", True, "int", (), (), "The number of the DAHDI channel."),
    )),
    ("DAHDIRestart", "dahdi_restart", "Restart all DAHDI channels; this ends their calls.", "chan_dahdi", (), ("1.4.22",), "1.8-master", "response", "", (), "", ()),
    ("DAHDIShowChannels", "dahdi_show_channels", "List the DAHDI channels and their states.", "chan_dahdi", (), ("1.4.22",), "1.8-master", "unmarked", "DAHDIShowChannelsComplete", ("DAHDIShowChannels",), "", (
        ("dahdi_channel", "DAHDIChannel", False, "int", (), (), "The number of one channel; empty or 0 for all."),
    )),
    ("DAHDIShowStatus", "dahdi_show_status", "List the DAHDI spans and their alarms.", "chan_dahdi", (), ("21.3.0", "20.8.0", "18.23.0"), "18 20-master", "list", "DAHDIShowStatusComplete", ("DAHDIShowStatus",), "", ()),
    ("DAHDITransfer", "dahdi_transfer", "Act as if the user of an analog DAHDI channel had flashed the hook.", "chan_dahdi", (), ("1.4.22",), "1.8-master", "response", "", (), "", (
        ("dahdi_channel", "DAHDIChannel", True, "int", (), (), "The number of the DAHDI channel."),
    )),
    ("DataGet", "data_get", "Read a part of Asterisk's internal data tree (gone since Asterisk 15).", "core", (), (), "1.8-14", "event only", "DataGet Tree", (), "", (
        ("path", "Path", True, "text", (), (), "The path of the node to read, such as /asterisk/core/channels."),
        ("search", "Search", False, "text", (), (), "An expression that selects nodes by their values."),
        ("filter", "Filter", False, "text", (), (), "The names of the nodes to return."),
    )),
    ("DBDel", "db_del", "Delete a key from Asterisk's database.", "core", ("system",), ("1.6.0",), "1.8-master", "response", "", (), "", (
        ("family", "Family", True, "text", (), (), "The family of the key in Asterisk's database."),
        ("key", "Key", True, "text", (), (), "The key within its family."),
    )),
    ("DBDelTree", "db_del_tree", "Delete a family, or a part of it, from Asterisk's database.", "core", ("system",), ("1.6.0",), "1.8-master", "response", "", (), "", (
        ("family", "Family", True, "text", (), (), "The family to delete from."),
        ("key", "Key", False, "text", (), (), "The part of the family to delete; empty for the whole family."),
    )),
    ("DBGet", "db_get", "Read the value of a key in Asterisk's database.", "core", ("system", "reporting"), ("1.2.0",), "1.8-master", "unmarked", "DBGetComplete", ("DBGetResponse",), "", (
        ("family", "Family", True, "text", (), (), "The family of the key in Asterisk's database."),
        ("key", "Key", True, "text", (), (), "The key within its family."),
    )),
    ("DBGetTree", "db_get_tree", "List the keys and values of Asterisk's database.", "core", ("system", "reporting"), ("19.6.0", "18.14.0", "16.28.0"), "16 18-master", "list", "DBGetTreeComplete", ("DBGetTreeResponse",), "", (
        ("family", "Family", False, "text", (), (), "List only this family; empty for the whole database."),
        ("key", "Key", False, "text", (), (), "List only this part of the family; empty for all of it."),
    )),
    ("DBPut", "db_put", "Store a value under a key in Asterisk's database.", "core", ("system",), ("1.2.0",), "1.8-master", "response", "", (), "", (
        ("family", "Family", True, "text", (), (), "The family of the key in Asterisk's database."),
        ("key", "Key", True, "text", (), (), "The key within its family."),
        ("val", "Val", False, "text", ("Val",), (), "The value to store."),
    )),
    ("DeviceStateList", "device_state_list", "List the devices and their states.", "res_manager_devicestate", ("call", "reporting"), ("13.0.0",), "13-master", "list", "DeviceStateListComplete", ("DeviceStateChange",), "", ()),
    ("DialplanExtensionAdd", "dialplan_extension_add", "Add a priority to an extension of the running dialplan; nothing is saved to a file.", "pbx_config", ("system",), ("13.0.0",), "13-master", "response", "", (), "", (
        ("context", "Context", True, "text", (), (), "The context to add to; it is created when missing."),
        ("extension", "Extension", True, "text", (), (), "The extension, with an optional /callerid to match."),
        ("priority", "Priority", True, "text", (), (), "The number of the priority, or hint."),
        ("application", "Application", True, "text", (), (), "The dialplan application to run."),
        ("application_data", "ApplicationData", False, "text", (), (), "The arguments of the application."),
        ("replace", "Replace", False, "bool", (), (), "Whether to replace the priority when it exists; without it the action fails then."),
    )),
    ("DialplanExtensionRemove", "dialplan_extension_remove", "Remove an extension, or one of its priorities, from the running dialplan.", "pbx_config", ("system",), ("13.0.0",), "13-master", "response", "", (), "", (
        ("context", "Context", True, "text", (), (), "The context of the extension."),
        ("extension", "Extension", True, "text", (), (), "The extension, with an optional /callerid to match."),
        ("priority", "Priority", False, "text", (), (), "The only priority to remove, as a number or hint; empty for the whole extension."),
    )),
    ("Events", "events", "Choose the classes of events this session receives.", "core", (), ("0.9.0",), "1.8-master", "fence only", "", (), "", (
        ("event_mask", "EventMask", True, "text", (), ("on", "off", "system,call,log,..."), "on, off, or event classes separated by commas; unknown words alone mean off."),
    )),
    ("ExtensionState", "extension_state", "Ask for the hint and the state of an extension.", "core", ("call", "reporting"), ("0.4.0",), "1.8-master", "response", "", (), "", (
        ("exten", "Exten", True, "text", (), (), "The extension that has the hint."),
        ("context", "Context", False, "text", (), (), "The context of the extension; empty for default."),
    )),
    ("ExtensionStateList", "extension_state_list", "List the extensions that have a hint, and their states.", "core", ("call", "reporting"), ("13.0.0",), "13-master", "list", "ExtensionStateListComplete", ("ExtensionStatus",), "", ()),
    ("FAXSession", "fax_session", "Ask for the details of a fax session.", "res_fax", ("call",), ("13.0.0",), "13-master", "fence", "", (), "", (
        ("session_number", "SessionNumber", True, "int", (), (), "The number of the session, as FAXSessions gives it."),
    )),
    ("FAXSessions", "fax_sessions", "List the fax sessions.", "res_fax", ("call",), ("13.0.0",), "13-master", "list", "FAXSessionsComplete", ("FAXSessionsEntry",), "", ()),
    ("FAXStats", "fax_stats", "Ask for the fax statistics of the server.", "res_fax", ("reporting",), ("13.0.0",), "13-master", "event", "FAXStats", (), "", ()),
    ("Filter", "filter", "Add a filter for the events of this session; it cannot be removed again.", "core", ("system",), ("10.0.0",), "11-master", "response", "", (), "", (
        ("operation", "Operation", False, "text", (), ("Add",), "What to do with the filter; only Add exists."),
        ("match_criteria", "MatchCriteria", False, "text", (), ("action(include|exclude)", "name(<event_name>)", "header(<header_name>)", "<match_method>"), "What an advanced filter matches, such as action(exclude),name(VarSet)."),
        ("filter", "Filter", False, "text", (), (), "The pattern, a regular expression by default; a leading ! excludes what matches."),
    )),
    ("FilterList", "filter_list", "List the event filters of this session (documented in Asterisk 11 to 17, but not built in).", "core", (), (), "11-15 17", "response", "", (), "", ()),
    ("GetConfig", "get_config", "Read the categories and lines of a configuration file.", "core", ("system", "config"), ("1.4.0",), "1.8-master", "response", "", (), "", (
        ("filename", "Filename", True, "text", (), (), "The file; a relative name is sought in Asterisk's configuration directory."),
        ("category", "Category", False, "text", (), (), "Read only this category; empty for all."),
        ("filter", "Filter", False, "text", (), (), "Read only categories that match name_regex=value_regex, separated by commas."),
    )),
    ("GetConfigJSON", "get_config_json", "Read the contents of a configuration file as JSON.", "core", ("system", "config"), ("1.6.0",), "1.8-master", "response", "", (), "", (
        ("filename", "Filename", True, "text", (), (), "The file; a relative name is sought in Asterisk's configuration directory."),
        ("category", "Category", False, "text", (), (), "Read only this category; empty for all."),
        ("filter", "Filter", False, "text", (), (), "Read only categories that match name_regex=value_regex, separated by commas."),
    )),
    ("Getvar", "getvar", "Read a variable or a dialplan function.", "core", ("call", "reporting"), ("1.0.0",), "1.8-master", "response", "", (), "", (
        ("variable", "Variable", True, "text", (), (), "The name of the variable, or a function with its arguments, such as CALLERID(num)."),
        ("channel", "Channel", False, "text", (), (), "The channel the variable belongs to; empty for a global variable."),
    )),
    ("Hangup", "hangup", "Hang up a channel, or all channels whose names match.", "core", ("system", "call"), ("0.2.0",), "1.8-master", "response or list", "ChannelsHungupListComplete", ("ChannelHungup",), "", (
        ("channel", "Channel", True, "text", (), (), "The full name of the channel, or a regular expression as /regex/."),
        ("cause", "Cause", False, "int", (), (), "The Q.850 cause to give, 1 to 127; empty leaves it to the channel."),
    )),
    ("IAXnetstats", "iax_netstats", "Ask for the network statistics of IAX2 calls; the reply is bare text without a Response.", "chan_iax2", ("system", "reporting"), ("1.2.0",), "1.8-master", "fence only", "", (), "", ()),
    ("IAXpeerlist", "iax_peerlist", "List the IAX2 peers.", "chan_iax2", ("system", "reporting"), ("1.6.0",), "1.8-master", "unmarked", "PeerlistComplete", ("PeerEntry",), "", ()),
    ("IAXpeers", "iax_peers", "List the IAX2 peers; the items carry no ActionID.", "chan_iax2", ("system", "reporting"), ("0.3.0",), "1.8-master", "list", "PeerlistComplete", ("PeerEntry",), "", ()),
    ("IAXregistry", "iax_registry", "List the outbound registrations of IAX2.", "chan_iax2", ("system", "reporting"), ("1.6.2.0",), "1.8-master", "list", "RegistrationsComplete", ("RegistryEntry",), "", ()),
    ("JabberSend", "jabber_send", "Send a message over XMPP; Asterisk answers twice.", "res_xmpp", ("system",), ("1.4.0",), "1.8-master", "fence", "", (), "", (
        ("jabber", "Jabber", True, "text", (), (), "The section of xmpp.conf to send from."),
        ("jid", "JID", True, "text", (), (), "The XMPP address to send to."),
        ("message", "Message", True, "text", (), (), "The text of the message."),
    )),
    ("ListCategories", "list_categories", "List the categories of a configuration file.", "core", ("config",), ("1.6.0",), "1.8-master", "response", "", (), "", (
        ("filename", "Filename", True, "text", (), (), "The file; a relative name is sought in Asterisk's configuration directory."),
    )),
    ("ListCommands", "list_commands", "List the actions this user may run, with the classes each needs.", "core", (), ("1.0.0",), "1.8-master", "response", "", (), "", ()),
    ("LocalOptimizeAway", "local_optimize_away", "Let a Local channel optimize itself out of its call when it can.", "core", ("system", "call"), ("1.8.0",), "1.8-master", "response", "", (), "", (
        ("channel", "Channel", True, "text", (), (), "The name of the Local channel."),
    )),
    ("LoggerRotate", "logger_rotate", "Reload the logger and rotate the log files.", "core", ("system", "reporting"), ("13.0.0",), "13-master", "response", "", (), "", ()),
    ("Login", "login", "Log in to the manager.", "core", (), ("0.2.0",), "1.8-master", "response", "", (), "", (
        ("username", "Username", True, "text", (), (), "The name of the user in manager.conf."),
        ("auth_type", "AuthType", False, "text", (), ("plain", "MD5"), "How to log in: MD5 with a Key, otherwise with the Secret in clear."),
        ("secret", "Secret", False, "text", (), (), "The password of the user, in clear."),
        ("key", "Key", False, "text", ("Key",), (), "The lower-case hex MD5 of the challenge followed by the password."),
        ("events", "Events", False, "text", (), ("on", "off", "system,call,log,..."), "on, off, or event classes separated by commas; empty for all the user may read."),
    )),
    ("Logoff", "logoff", "Log off and close the connection.", "core", (), ("0.2.0",), "1.8-master", "response", "", (), "", ()),
    ("MailboxCount", "mailbox_count", "Count the urgent, new and old messages of a mailbox.", "core", ("call", "reporting"), ("0.5.0",), "1.8-master", "response", "", (), "", (
        ("mailbox", "Mailbox", True, "text", (), (), "The mailbox, as number@context."),
    )),
    ("MailboxStatus", "mailbox_status", "Ask whether messages wait in a mailbox.", "core", ("call", "reporting"), ("0.4.0",), "1.8-master", "response", "", (), "", (
        ("mailbox", "Mailbox", True, "text", (), (), "The mailbox, as number@context."),
    )),
    ("MeetmeList", "meetme_list", "List the participants of MeetMe conferences.", "app_meetme", ("reporting",), ("1.6.0",), "1.8-master", "list", "MeetmeListComplete", ("MeetmeList",), "", (
        ("conference", "Conference", False, "text", (), (), "The number of one conference; empty for all."),
    )),
    ("MeetmeListRooms", "meetme_list_rooms", "List the MeetMe conferences that are active.", "app_meetme", ("reporting",), ("10.0.0",), "11-master", "list", "MeetmeListRoomsComplete", ("MeetmeListRooms",), "", ()),
    ("MeetmeMute", "meetme_mute", "Mute a participant of a MeetMe conference.", "app_meetme", ("call",), ("1.4.0",), "1.8-master", "response", "", (), "", (
        ("meetme", "Meetme", True, "text", (), (), "The number of the MeetMe conference."),
        ("usernum", "Usernum", True, "int", (), (), "The number of the participant, as MeetmeList gives it."),
    )),
    ("MeetmeUnmute", "meetme_unmute", "Unmute a participant of a MeetMe conference.", "app_meetme", ("call",), ("1.4.0",), "1.8-master", "response", "", (), "", (
        ("meetme", "Meetme", True, "text", (), (), "The number of the MeetMe conference."),
        ("usernum", "Usernum", True, "int", (), (), "The number of the participant, as MeetmeList gives it."),
    )),
    ("MessageSend", "message_send", "Send a text message outside of any call.", "core", ("message",), ("11.0.0",), "11-master", "response", "", (), "", (
        ("destination", "Destination", False, "text", (), (), "Where to send, with its technology, such as pjsip:100; empty for the To address."),
        ("to", "To", False, "text", (), (), "The address the message is for; also where to send when Destination is empty."),
        ("from_", "From", False, "text", (), (), "The address the message comes from."),
        ("body", "Body", False, "text", (), (), "The text of the message, on one line."),
        ("base64_body", "Base64Body", False, "text", (), (), "The text in base64, used instead of Body; at most 1300 bytes when decoded."),
        ("variables", "Variable", False, "mapping", (), (), "Variables of the message, as name=value; some technologies send them as headers."),
    )),
    ("MixMonitor", "mix_monitor", "Record a channel to a file, both directions mixed.", "app_mixmonitor", ("system",), ("11.0.0",), "11-master", "response", "", (), "", (
        ("channel", "Channel", True, "text", (), (), "The full name of the channel."),
        ("file", "File", False, "text", (), (), "The file to record to; a relative name is in Asterisk's monitor directory."),
        ("options", "Options", False, "text", (), (), "Options of the dialplan application MixMonitor, such as b or i(NAME)."),
        ("command", "Command", False, "text", (), (), "A shell command to run when the recording has ended."),
    )),
    ("MixMonitorMute", "mix_monitor_mute", "Mute or unmute one direction of a channel in its MixMonitor recordings.", "app_mixmonitor", ("system", "call"), ("1.8.0",), "1.8-master", "response", "", (), "", (
        ("channel", "Channel", True, "text", (), (), "The full name of the channel."),
        ("direction", "Direction", True, "text", (), (), "Which audio: read (from the channel), write (to it) or both; needed."),
        ("state", "State", True, "0 or 1", (), (), "Whether to mute; false unmutes."),
    )),
    ("ModuleCheck", "module_check", "Ask whether a module is loaded.", "core", ("system",), ("1.6.0",), "1.8-master", "response", "", (), "", (
        ("module", "Module", True, "text", (), (), "The name of the module without .so, such as app_dial."),
    )),
    ("ModuleLoad", "module_load", "Load, unload, reload or refresh a module.", "core", ("system",), ("1.6.0",), "1.8-master", "fence", "", (), "", (
        ("load_type", "LoadType", True, "text", (), ("load", "unload", "reload", "refresh"), "What to do: load, unload, reload, or refresh to unload and load again."),
        ("module", "Module", False, "text", (), ("cdr", "dnsmgr", "extconfig", "enum", "acl", "manager", "http", "logger", "features", "dsp", "udptl", "indications", "cel", "plc"), "The module's file name with .so, or a core part; empty with reload for all."),
        ("recursive", "Recursive", False, "bool", (), (), "Whether refresh also takes the modules that depend on this one; false by default."),
    )),
    ("Monitor", "monitor", "Record a channel with Monitor, each direction to its own file.", "res_monitor", ("call",), (), "1.8-20", "response", "", (), "", (
        ("channel", "Channel", True, "text", (), (), "The full name of the channel."),
        ("file", "File", False, "text", (), (), "The base name of the recording; empty for one made from the channel's name."),
        ("format", "Format", False, "text", (), (), "The format of the recording, such as wav; wav by default."),
        ("mix", "Mix", False, "bool", (), (), "Whether to mix both directions into one file when the recording ends."),
    )),
    ("MuteAudio", "mute_audio", "Mute or unmute the audio of a channel.", "res_mutestream", ("system",), ("1.8.0",), "1.8-master", "response", "", (), "", (
        ("channel", "Channel", True, "text", (), (), "The full name of the channel."),
        ("direction", "Direction", True, "text", (), ("in", "out", "all"), "Which audio: in (from the channel), out (to it) or all."),
        ("state", "State", True, "text", (), ("on", "off"), "on to mute, off to unmute."),
    )),
    ("MWIDelete", "mwi_delete", "Delete mailboxes whose message counts are kept by clients.", "res_mwi_external_ami", ("call",), ("12.1.0",), "12-master", "response", "", (), "", (
        ("mailbox", "Mailbox", True, "text", (), (), "The id of the mailbox, or a regular expression as /regex/."),
    )),
    ("MWIGet", "mwi_get", "List mailboxes whose message counts are kept by clients.", "res_mwi_external_ami", ("call", "reporting"), ("12.1.0",), "12-master", "list", "MWIGetComplete", ("MWIGet",), "", (
        ("mailbox", "Mailbox", True, "text", (), (), "The id of the mailbox, or a regular expression as /regex/."),
    )),
    ("MWIUpdate", "mwi_update", "Set the message counts of a mailbox that clients keep; it is created when missing.", "res_mwi_external_ami", ("call",), ("12.1.0",), "12-master", "response", "", (), "", (
        ("mailbox", "Mailbox", True, "text", (), (), "The id of the mailbox."),
        ("old_messages", "OldMessages", False, "int", (), (), "How many old messages there are; 0 by default."),
        ("new_messages", "NewMessages", False, "int", (), (), "How many new messages there are; 0 by default."),
    )),
    ("Originate", "originate", "Dial a channel and connect it to an extension or an application when it answers.", "core", ("originate",), ("0.2.0",), "1.8-master", "originate", "OriginateResponse", (), "unless asynchronous", (
        ("channel", "Channel", True, "text", (), (), "The channel to dial, as technology/resource, such as PJSIP/100."),
        ("exten", "Exten", False, "text", (), (), "The extension to connect to; needs Context and Priority."),
        ("context", "Context", False, "text", (), (), "The context of Exten."),
        ("priority", "Priority", False, "int or label", (), (), "The priority of Exten."),
        ("application", "Application", False, "text", (), (), "The application to run, instead of an extension."),
        ("data", "Data", False, "text", (), (), "The arguments of Application."),
        ("timeout", "Timeout", False, "milliseconds", (), (), "How long to dial; 30 seconds by default."),
        ("caller_id", "CallerID", False, "text", (), (), "The caller's name and number, as \"Name\" <number>."),
        ("variables", "Variable", False, "mapping", (), (), "Variables to set on the new channel."),
        ("account", "Account", False, "text", (), (), "The account code of the new channel."),
        ("early_media", "EarlyMedia", False, "bool", (), (), "Whether to connect the channel as soon as it sends early media; false by default."),
        ("async_", "Async", False, "bool", (), (), "Whether to reply at once; false holds the session until the call is answered or fails."),
        ("codecs", "Codecs", False, "comma list", (), (), "The codecs to allow on the new channel; slin by default."),
        ("channel_id", "ChannelId", False, "text", (), (), "The Uniqueid for the new channel; if empty, Asterisk makes one."),
        ("other_channel_id", "OtherChannelId", False, "text", (), (), "The Uniqueid for the second half, when a Local channel is dialed."),
        ("pre_dial_go_sub", "PreDialGoSub", False, "text", (), (), "A subroutine to run before dialing, as context,extension,priority."),
    )),
    ("Park", "park", "Park a channel.", "res_parking", ("call",), ("1.4.0",), "1.8-master", "response", "", (), "", (
        ("channel", "Channel", True, "text", (), (), "The channel to park."),
        ("timeout_channel", "TimeoutChannel", False, "text", (), (), "The channel whose device is called when the parking time is over."),
        ("announce_channel", "AnnounceChannel", False, "text", (), (), "The channel that hears in which space the call is parked."),
        ("timeout", "Timeout", False, "milliseconds", (), (), "How long to park; Asterisk counts whole seconds. 0 for no limit, empty for the lot's own time."),
        ("parkinglot", "Parkinglot", False, "text", (), (), "The parking lot; empty for the default one."),
        ("parking_space", "ParkingSpace", False, "text", (), (), "The space to park in; empty for one the lot chooses."),
    )),
    ("ParkedCalls", "parked_calls", "List the parked calls.", "res_parking", ("call",), ("0.7.2",), "1.8-master", "unmarked", "ParkedCallsComplete", ("ParkedCall",), "", (
        ("parking_lot", "ParkingLot", False, "text", (), (), "List only this parking lot; empty for all."),
    )),
    ("Parkinglots", "parkinglots", "List the parking lots.", "res_parking", ("call",), ("11.0.0",), "11-master", "unmarked", "ParkinglotsComplete", ("Parkinglot",), "", ()),
    ("PauseMonitor", "pause_monitor", "Pause the Monitor recording of a channel.", "res_monitor", ("call",), (), "1.8-20", "response", "", (), "", (
        ("channel", "Channel", True, "text", (), (), "The full name of the channel."),
    )),
    ("Ping", "ping", "Ask for a sign of life; the reply carries the server's clock.", "core", (), ("0.2.0",), "1.8-master", "response", "", (), "", ()),
    ("PJSIPHangup", "pjsip_hangup", "Hang up PJSIP channels with a SIP response code.", "chan_pjsip", ("system", "call"), ("21.1.0", "20.6.0", "18.21.0"), "18 20-master", "response", "", (), "", (
        ("channel", "Channel", True, "text", (), (), "The full name of the PJSIP channel, or a regular expression as /regex/."),
        ("cause", "Cause", True, "text", (), ("Response code", "Response code name"), "The SIP response code to give, such as 486, or its name."),
    )),
    ("PJSIPNotify", "pjsip_notify", "Send a NOTIFY request to an endpoint, a URI or the peer of a channel.", "res_pjsip_notify", ("system",), ("12.0.0",), "12-master", "response", "", (), "", (
        ("endpoint", "Endpoint", False, "text", (), (), "The endpoint to notify; give this, URI or channel."),
        ("uri", "URI", False, "text", (), (), "The SIP URI to notify; give this, Endpoint or channel."),
        ("channel", "channel", False, "text", (), (), "The PJSIP channel to notify within its call; give this, Endpoint or URI."),
        ("option", "Option", False, "text", (), (), "The section of pjsip_notify.conf that holds the headers; or give Variable."),
        ("variables", "Variable", False, "mapping", (), (), "The headers of the NOTIFY; Content gives a line of its body."),
    )),
    ("PJSIPQualify", "pjsip_qualify", "Send an OPTIONS request to the contacts of a PJSIP endpoint.", "res_pjsip", ("system", "reporting"), ("12.0.0",), "12-master", "response", "", (), "", (
        ("endpoint", "Endpoint", True, "text", (), (), "The name of the PJSIP endpoint."),
    )),
    ("PJSIPRegister", "pjsip_register", "Unregister an outbound registration of PJSIP and register it again at once.", "res_pjsip_outbound_registration", ("system", "reporting"), ("13.2.0",), "13-master", "response", "", (), "", (
        ("registration", "Registration", True, "text", (), (), "The name of the outbound registration, or *all for each."),
    )),
    ("PJSIPSetMaintenance", "pjsip_set_maintenance", "Put PJSIP endpoints into maintenance, where new calls are refused, or take them out.", "res_pjsip_maintenance", ("system",), ("20.20.0", "22.10.0", "23.4.0"), "20 22-master", "response", "", (), "", (
        ("endpoint", "Endpoint", True, "text", (), (), "The name of the endpoint, or all for each."),
        ("state", "State", True, "text", (), ("on", "off"), "on to begin maintenance, off to end it."),
    )),
    ("PJSIPShowAors", "pjsip_show_aors", "List the addresses of record of PJSIP.", "res_pjsip", ("system",), ("16.0.0",), "16-master", "list", "AorListComplete", ("AorList",), "", ()),
    ("PJSIPShowAuths", "pjsip_show_auths", "List the authentication objects of PJSIP.", "res_pjsip", ("system",), ("16.0.0",), "16-master", "list", "AuthListComplete", ("AuthList",), "", ()),
    ("PJSIPShowContacts", "pjsip_show_contacts", "List the contacts of PJSIP and their states.", "res_pjsip", ("system",), ("16.0.0",), "16-master", "list", "ContactListComplete", ("ContactList",), "", ()),
    ("PJSIPShowEndpoint", "pjsip_show_endpoint", "List a PJSIP endpoint with its addresses, logins, transport and contacts.", "res_pjsip", ("system",), ("12.0.0",), "12-master", "list", "EndpointDetailComplete", ("EndpointDetail", "AorDetail", "AuthDetail", "TransportDetail", "IdentifyDetail", "ContactStatusDetail"), "", (
        ("endpoint", "Endpoint", True, "text", (), (), "The name of the PJSIP endpoint."),
    )),
    ("PJSIPShowEndpoints", "pjsip_show_endpoints", "List the PJSIP endpoints.", "res_pjsip", ("system",), ("12.0.0",), "12-master", "list", "EndpointListComplete", ("EndpointList",), "", ()),
    ("PJSIPShowMaintenance", "pjsip_show_maintenance", "List the PJSIP endpoints that are in maintenance.", "res_pjsip_maintenance", ("system", "reporting"), ("20.20.0", "22.10.0", "23.4.0"), "20 22-master", "list", "PJSIPMaintenanceStatusComplete", ("PJSIPMaintenanceStatus",), "", (
        ("endpoint", "Endpoint", False, "text", (), (), "Ask about this endpoint only; empty for all that are in maintenance."),
    )),
    ("PJSIPShowRegistrationInboundContactStatuses", "pjsip_show_registration_inbound_contact_statuses", "List the states of the contacts that registered with PJSIP.", "res_pjsip_registrar", ("system",), ("14.3.0", "13.14.0"), "13-master", "list", "ContactStatusDetailComplete", ("ContactStatusDetail",), "", ()),
    ("PJSIPShowRegistrationsInbound", "pjsip_show_registrations_inbound", "List the addresses of record that accept registrations, with their contacts.", "res_pjsip_registrar", ("system",), ("12.0.0",), "12-master", "list", "InboundRegistrationDetailComplete", ("InboundRegistrationDetail",), "", ()),
    ("PJSIPShowRegistrationsOutbound", "pjsip_show_registrations_outbound", "List the outbound registrations of PJSIP, with their logins.", "res_pjsip_outbound_registration", ("system", "reporting"), ("12.0.0",), "12-master", "list", "OutboundRegistrationDetailComplete", ("OutboundRegistrationDetail", "AuthDetail"), "", ()),
    ("PJSIPShowResourceLists", "pjsip_show_resource_lists", "List the resource lists that PJSIP offers for subscription.", "res_pjsip_pubsub", ("system",), ("13.0.0",), "13-master", "list", "ResourceListDetailComplete", ("ResourceListDetail",), "", ()),
    ("PJSIPShowSubscriptionsInbound", "pjsip_show_subscriptions_inbound", "List the subscriptions that others hold with this server over PJSIP.", "res_pjsip_pubsub", ("system",), ("12.0.0",), "12-master", "list", "InboundSubscriptionDetailComplete", ("InboundSubscriptionDetail",), "", ()),
    ("PJSIPShowSubscriptionsOutbound", "pjsip_show_subscriptions_outbound", "List the subscriptions this server holds with others over PJSIP.", "res_pjsip_pubsub", ("system",), ("12.0.0",), "12-master", "list", "OutboundSubscriptionDetailComplete", ("OutboundSubscriptionDetail",), "", ()),
    ("PJSIPUnregister", "pjsip_unregister", "Unregister an outbound registration of PJSIP and stop renewing it.", "res_pjsip_outbound_registration", ("system", "reporting"), ("12.0.0",), "12-master", "response", "", (), "", (
        ("registration", "Registration", True, "text", (), (), "The name of the outbound registration, or *all for each."),
    )),
    ("PlayDTMF", "play_dtmf", "Play a DTMF digit on a channel.", "app_senddtmf", ("call",), ("1.4.0",), "1.8-master", "response", "", (), "", (
        ("channel", "Channel", True, "text", (), (), "The full name of the channel."),
        ("digit", "Digit", True, "text", (), (), "The digit to play; only its first character counts."),
        ("duration", "Duration", False, "milliseconds", (), (), "How long the digit sounds."),
        ("receive", "Receive", False, "bool", (), (), "Whether to act as if the channel had sent the digit; false by default."),
    )),
    ("PlayMF", "play_mf", "Play an MF digit on a channel.", "app_mf", ("call",), ("16.21.0", "18.7.0", "19.0.0"), "16 18-master", "response", "", (), "", (
        ("channel", "Channel", True, "text", (), (), "The full name of the channel."),
        ("digit", "Digit", True, "text", (), (), "The digit to play: 0 to 9, or *, #, A, B or C for the MF signals."),
        ("duration", "Duration", False, "milliseconds", (), (), "How long the digit sounds; the usual time of its kind by default."),
    )),
    ("PresenceState", "presence_state", "Ask for the state of a presence provider.", "core", ("call", "reporting"), ("11.0.0",), "11-master", "response", "", (), "", (
        ("provider", "Provider", True, "text", (), (), "The presence provider, such as CustomPresence:alice."),
    )),
    ("PresenceStateList", "presence_state_list", "List the presence states that are known.", "res_manager_presencestate", ("call", "reporting"), ("13.0.0",), "13-master", "list", "PresenceStateListComplete", ("PresenceStateChange",), "", ()),
    ("PRIDebugFileSet", "pri_debug_file_set", "Write the PRI debug output to a file.", "chan_dahdi", ("system",), ("13.0.0",), "13-master", "response", "", (), "", (
        ("file", "File", True, "text", (), (), "The path of the file to write to."),
    )),
    ("PRIDebugFileUnset", "pri_debug_file_unset", "Stop writing the PRI debug output to a file.", "chan_dahdi", (), ("13.0.0",), "13-master", "response", "", (), "", ()),
    ("PRIDebugSet", "pri_debug_set", "Set how much debug output a PRI span gives.", "chan_dahdi", (), ("13.0.0",), "13-master", "fence", "", (), "", (
        ("span", "Span", True, "int", (), (), "The number of the span."),
        ("level", "Level", True, "text", (), ("off", "on", "hex", "intense"), "How much to show; hex and intense show more than on."),
    )),
    ("PRIShowSpans", "pri_show_spans", "List the PRI spans and their states.", "chan_dahdi", (), ("10.0.0",), "11-master", "unmarked", "PRIShowSpansComplete", ("PRIShowSpans",), "", (
        ("span", "Span", False, "int", (), (), "The number of one span; empty or 0 for all."),
    )),
    ("QueueAdd", "queue_add", "Add a member to a queue.", "app_queue", ("agent",), ("1.0.0",), "1.8-master", "response", "", (), "", (
        ("queue", "Queue", True, "text", (), (), "The name of the queue."),
        ("interface", "Interface", True, "text", (), (), "The interface of the member, such as PJSIP/100."),
        ("penalty", "Penalty", False, "int", (), (), "The penalty of the member, 0 or more; a lower one is called first. 0 by default."),
        ("paused", "Paused", False, "bool", (), (), "Whether the member starts paused; false by default."),
        ("reason", "Reason", False, "text", (), (), "Why the member starts paused."),
        ("member_name", "MemberName", False, "text", (), (), "A name for the member; empty for the interface."),
        ("state_interface", "StateInterface", False, "text", (), (), "The device whose state tells whether the member is free; empty for the interface."),
    )),
    ("QueueChangePriorityCaller", "queue_change_priority_caller", "Change the priority of a caller who waits in a queue.", "app_queue", (), ("15.0.0",), "15-master", "response", "", (), "", (
        ("queue", "Queue", True, "text", (), (), "The name of the queue."),
        ("caller", "Caller", True, "text", (), (), "The name of the caller's channel."),
        ("priority", "Priority", True, "int", (), (), "The new priority; a higher one is served first."),
        ("immediate", "Immediate", False, "bool", (), (), "Whether the caller changes its place in the queue at once; false by default."),
    )),
    ("QueueLog", "queue_log", "Write an entry to the queue log.", "app_queue", ("agent",), ("1.6.0",), "1.8-master", "response", "", (), "", (
        ("queue", "Queue", True, "text", (), (), "The queue to name in the entry."),
        ("event", "Event", True, "text", (), (), "The event to name in the entry."),
        ("uniqueid", "Uniqueid", False, "text", (), (), "The Uniqueid of the call to name in the entry; NONE by default."),
        ("interface", "Interface", False, "text", (), (), "The member's interface to name in the entry."),
        ("message", "Message", False, "text", (), (), "Further data for the entry."),
    )),
    ("QueueMemberRingInUse", "queue_member_ring_in_use", "Set whether a queue member is called while it is in use.", "app_queue", ("agent",), ("11.0.0",), "11-master", "response", "", (), "", (
        ("interface", "Interface", True, "text", (), (), "The interface of the member, such as PJSIP/100."),
        ("ring_in_use", "RingInUse", True, "bool", (), (), "Whether to call the member while it is in use."),
        ("queue", "Queue", False, "text", (), (), "The queue to change it in; empty for all queues of the member."),
    )),
    ("QueuePause", "queue_pause", "Pause or unpause a queue member.", "app_queue", ("agent",), ("1.2.0",), "1.8-master", "response", "", (), "", (
        ("interface", "Interface", True, "text", (), (), "The interface of the member, such as PJSIP/100."),
        ("paused", "Paused", True, "bool", (), (), "Whether to pause the member; false unpauses it."),
        ("queue", "Queue", False, "text", (), (), "The queue to do it in; empty for all queues of the member."),
        ("reason", "Reason", False, "text", (), (), "Why the member pauses; goes to the event and the queue log."),
    )),
    ("QueuePenalty", "queue_penalty", "Set the penalty of a queue member.", "app_queue", ("agent",), ("1.6.0",), "1.8-master", "response", "", (), "", (
        ("interface", "Interface", True, "text", (), (), "The interface of the member, such as PJSIP/100."),
        ("penalty", "Penalty", True, "int", (), (), "The new penalty, 0 or more; a lower one is called first."),
        ("queue", "Queue", False, "text", (), (), "The queue to set it in; empty for all queues of the member."),
    )),
    ("QueueReload", "queue_reload", "Reload queues, their members or the penalty rules; all of it when nothing is chosen.", "app_queue", (), ("1.6.2.0",), "1.8-master", "response", "", (), "", (
        ("queue", "Queue", False, "text", (), (), "The queue to reload; empty for all."),
        ("members", "Members", False, "yes or no", (), ("yes", "no"), "Whether to reload the members."),
        ("rules", "Rules", False, "yes or no", (), ("yes", "no"), "Whether to reload queuerules.conf."),
        ("parameters", "Parameters", False, "yes or no", (), ("yes", "no"), "Whether to reload the settings of the queues."),
    )),
    ("QueueRemove", "queue_remove", "Remove a dynamic member from a queue.", "app_queue", ("agent",), ("1.0.0",), "1.8-master", "response", "", (), "", (
        ("queue", "Queue", True, "text", (), (), "The name of the queue."),
        ("interface", "Interface", True, "text", (), (), "The interface of the member, such as PJSIP/100."),
    )),
    ("QueueReset", "queue_reset", "Reset the statistics of queues.", "app_queue", (), ("1.6.2.0",), "1.8-master", "response", "", (), "", (
        ("queue", "Queue", False, "text", (), (), "The queue to reset; empty for all."),
    )),
    ("QueueRule", "queue_rule", "Ask for the penalty rules of queues.", "app_queue", (), ("1.6.0",), "1.8-master", "response", "", (), "", (
        ("rule", "Rule", False, "text", (), (), "The name of one list in queuerules.conf; empty for all."),
    )),
    ("Queues", "queues", "Ask for the text of queue show (gone since Asterisk 15); the reply has no Response.", "app_queue", (), (), "1.8-14", "fence only", "", (), "", ()),
    ("QueueStatus", "queue_status", "List queues with their members and waiting callers.", "app_queue", (), ("0.5.0",), "1.8-master", "unmarked", "QueueStatusComplete", ("QueueParams", "QueueMember", "QueueEntry"), "", (
        ("queue", "Queue", False, "text", (), (), "List only this queue; empty for all."),
        ("member", "Member", False, "text", (), (), "List only this member, by interface or name; empty for all."),
    )),
    ("QueueSummary", "queue_summary", "List the queues with their counts of members and callers and their hold times.", "app_queue", (), ("1.6.0",), "1.8-master", "unmarked", "QueueSummaryComplete", ("QueueSummary",), "", (
        ("queue", "Queue", False, "text", (), (), "List only this queue; empty for all."),
    )),
    ("QueueWithdrawCaller", "queue_withdraw_caller", "Take a waiting caller out of a queue; the call goes on in the dialplan.", "app_queue", (), ("19.3.0", "18.11.0", "16.25.0"), "16 18-master", "response", "", (), "", (
        ("queue", "Queue", True, "text", (), (), "The name of the queue."),
        ("caller", "Caller", True, "text", (), (), "The name of the caller's channel."),
        ("withdraw_info", "WithdrawInfo", False, "text", (), (), "Text for the channel variable QUEUE_WITHDRAW_INFO of the caller."),
    )),
    ("Redirect", "redirect", "Send a channel, or two at once, to another place in the dialplan.", "core", ("call",), ("0.2.0",), "1.8-master", "response", "", (), "", (
        ("channel", "Channel", True, "text", (), (), "The channel to send."),
        ("exten", "Exten", True, "text", (), (), "The extension to go to."),
        ("context", "Context", True, "text", (), (), "The context of the extension."),
        ("priority", "Priority", True, "int or label", (), (), "The priority of the extension."),
        ("extra_channel", "ExtraChannel", False, "text", (), (), "A second channel to send, such as the peer; empty for none."),
        ("extra_exten", "ExtraExten", False, "text", (), (), "The extension for the second channel; needed with ExtraContext."),
        ("extra_context", "ExtraContext", False, "text", (), (), "The context for the second channel; empty sends it where the first one goes."),
        ("extra_priority", "ExtraPriority", False, "int or label", (), (), "The priority for the second channel; needed with ExtraContext."),
    )),
    ("Reload", "reload", "Reload the configuration of a module, or of everything.", "core", ("config", "system"), ("1.6.0",), "1.8-master", "response", "", (), "", (
        ("module", "Module", False, "text", (), (), "The name of the module; empty for everything."),
    )),
    ("SendFlash", "send_flash", "Send a hook flash on a channel.", "app_senddtmf", ("call",), ("20.3.0", "18.18.0"), "18 20-master", "response", "", (), "", (
        ("channel", "Channel", True, "text", (), (), "The full name of the channel."),
        ("receive", "Receive", False, "bool", (), (), "Whether to act as if the channel had sent the flash; false by default."),
    )),
    ("SendText", "send_text", "Send a text to a channel during its call.", "core", ("call",), ("1.6.0",), "1.8-master", "response", "", (), "", (
        ("channel", "Channel", True, "text", (), (), "The full name of the channel."),
        ("message", "Message", True, "text", (), (), "The text to send."),
        ("content_type", "Content-Type", False, "text", (), (), "The MIME type of the text, such as text/html; empty for ordinary text."),
    )),
    ("Setvar", "setvar", "Set a variable or write a dialplan function.", "core", ("call",), ("1.0.0",), "1.8-master", "response", "", (), "", (
        ("variable", "Variable", True, "text", (), (), "The name of the variable, or a function with its arguments, such as CALLERID(num)."),
        ("value", "Value", True, "text", ("Value",), (), "The value to set, taken as it is."),
        ("channel", "Channel", False, "text", (), (), "The channel the variable belongs to; empty for a global variable."),
    )),
    ("ShowDialPlan", "show_dial_plan", "List the contexts, extensions and priorities of the dialplan.", "core", ("config", "reporting"), ("1.6.0",), "1.8-master", "list", "ShowDialPlanComplete", ("ListDialplan",), "", (
        ("extension", "Extension", False, "text", (), (), "List only this extension; empty for all."),
        ("context", "Context", False, "text", (), (), "List only this context; empty for all."),
    )),
    ("SIPnotify", "sip_notify", "Send a NOTIFY request to a chan_sip peer.", "chan_sip", ("system",), (), "1.8-20", "response", "", (), "", (
        ("channel", "Channel", True, "text", (), (), "The name of the peer to notify."),
        ("variables", "Variable", True, "mapping", (), (), "The headers of the NOTIFY; Content gives a line of its body."),
        ("call_id", "Call-ID", False, "text", (), (), "The SIP Call-ID of a call to send the NOTIFY in; empty to send it outside a call."),
    )),
    ("SIPpeers", "sip_peers", "List the chan_sip peers.", "chan_sip", ("system", "reporting"), (), "1.8-20", "list", "PeerlistComplete", ("PeerEntry",), "", ()),
    ("SIPpeerstatus", "sip_peerstatus", "List the states of chan_sip peers.", "chan_sip", ("system",), (), "11-20", "unmarked", "SIPpeerstatusComplete", ("PeerStatus",), "", (
        ("peer", "Peer", False, "text", (), (), "List only this peer; empty for all."),
    )),
    ("SIPqualifypeer", "sip_qualifypeer", "Send an OPTIONS request to a chan_sip peer; SIPQualifyPeerDone tells the end.", "chan_sip", ("system", "reporting"), (), "1.8-20", "response", "", (), "", (
        ("peer", "Peer", True, "text", (), (), "The name of the SIP peer."),
    )),
    ("SIPshowpeer", "sip_showpeer", "Ask for the settings and the state of a chan_sip peer.", "chan_sip", ("system", "reporting"), (), "1.8-20", "response", "", (), "", (
        ("peer", "Peer", True, "text", (), (), "The name of the SIP peer."),
    )),
    ("SIPshowregistry", "sip_showregistry", "List the outbound registrations of chan_sip.", "chan_sip", ("system", "reporting"), (), "1.8-20", "list", "RegistrationsComplete", ("RegistryEntry",), "", ()),
    ("SKINNYdevices", "skinny_devices", "List the Skinny devices.", "chan_skinny", ("system", "reporting"), (), "1.8-20", "list", "DevicelistComplete", ("DeviceEntry",), "", ()),
    ("SKINNYlines", "skinny_lines", "List the Skinny lines.", "chan_skinny", ("system", "reporting"), (), "1.8-20", "list", "LinelistComplete", ("LineEntry",), "", ()),
    ("SKINNYshowdevice", "skinny_showdevice", "Ask for the settings of a Skinny device.", "chan_skinny", ("system", "reporting"), (), "1.8-20", "response", "", (), "", (
        ("device", "Device", True, "text", (), (), "The name of the device in skinny.conf."),
    )),
    ("SKINNYshowline", "skinny_showline", "Ask for the settings of a Skinny line.", "chan_skinny", ("system", "reporting"), (), "1.8-20", "response", "", (), "", (
        ("line", "Line", True, "text", (), (), "The name of the line in skinny.conf."),
    )),
    ("SorceryMemoryCacheExpire", "sorcery_memory_cache_expire", "Remove all objects from a sorcery memory cache.", "res_sorcery_memory_cache", ("system",), ("13.5.0",), "13-master", "response", "", (), "", (
        ("cache", "Cache", True, "text", (), (), "The name of a memory cache in sorcery.conf."),
    )),
    ("SorceryMemoryCacheExpireObject", "sorcery_memory_cache_expire_object", "Remove one object from a sorcery memory cache.", "res_sorcery_memory_cache", ("system",), ("13.5.0",), "13-master", "response", "", (), "", (
        ("cache", "Cache", True, "text", (), (), "The name of a memory cache in sorcery.conf."),
        ("object", "Object", True, "text", (), (), "The id of the object in the cache."),
    )),
    ("SorceryMemoryCachePopulate", "sorcery_memory_cache_populate", "Fill a sorcery memory cache anew with all objects of its backend.", "res_sorcery_memory_cache", ("system",), ("13.7.0",), "13-master", "response", "", (), "", (
        ("cache", "Cache", True, "text", (), (), "The name of a memory cache in sorcery.conf."),
    )),
    ("SorceryMemoryCacheStale", "sorcery_memory_cache_stale", "Mark all objects in a sorcery memory cache as stale, to be fetched again when used.", "res_sorcery_memory_cache", ("system",), ("13.5.0",), "13-master", "response", "", (), "", (
        ("cache", "Cache", True, "text", (), (), "The name of a memory cache in sorcery.conf."),
    )),
    ("SorceryMemoryCacheStaleObject", "sorcery_memory_cache_stale_object", "Mark one object in a sorcery memory cache as stale, to be fetched again when used.", "res_sorcery_memory_cache", ("system",), ("13.5.0",), "13-master", "response", "", (), "", (
        ("cache", "Cache", True, "text", (), (), "The name of a memory cache in sorcery.conf."),
        ("object", "Object", True, "text", (), (), "The id of the object in the cache."),
        ("reload", "Reload", False, "bool", (), (), "Whether to fetch the object again at once; false by default."),
    )),
    ("Status", "status", "List channels with their states and, if wanted, their variables.", "core", ("system", "call", "reporting"), ("0.2.0",), "1.8-master", "unmarked", "StatusComplete", ("Status",), "", (
        ("channel", "Channel", False, "text", (), (), "List only this channel; empty for all."),
        ("variables", "Variables", False, "comma list", (), (), "The variables and functions to report of each channel."),
        ("all_variables", "AllVariables", False, "bool", (), ("true", "false"), "Whether to report all variables of each channel; false by default."),
    )),
    ("StopMixMonitor", "stop_mix_monitor", "Stop a MixMonitor recording of a channel.", "app_mixmonitor", ("system", "call"), ("11.0.0",), "11-master", "response", "", (), "", (
        ("channel", "Channel", True, "text", (), (), "The full name of the channel."),
        ("mix_monitor_id", "MixMonitorID", False, "text", (), (), "The id of the recording to stop, as option i of MixMonitor gives it."),
    )),
    ("StopMonitor", "stop_monitor", "Stop the Monitor recording of a channel.", "res_monitor", ("call",), (), "1.8-20", "response", "", (), "", (
        ("channel", "Channel", True, "text", (), (), "The full name of the channel."),
    )),
    ("UnpauseMonitor", "unpause_monitor", "Continue the paused Monitor recording of a channel.", "res_monitor", ("call",), (), "1.8-20", "response", "", (), "", (
        ("channel", "Channel", True, "text", (), (), "The full name of the channel."),
    )),
    ("UpdateConfig", "update_config", "Change a configuration file in numbered steps and save it.", "core", ("config",), ("1.4.0",), "1.8-master", "response", "", (), "", (
        ("src_filename", "SrcFilename", True, "text", (), (), "The file to read."),
        ("dst_filename", "DstFilename", True, "text", (), (), "The file to write; give SrcFilename again to change a file in place."),
        ("reload", "Reload", False, "text", (), (), "yes to reload everything afterwards, or the name of one module to reload."),
        ("preserve_effective_context", "PreserveEffectiveContext", False, "bool", (), (), "Whether a changed template leaves its heirs' settings as they are; true by default."),
        ("changes", "Action-000000 Cat-000000 Var-000000 Value-000000 Match-000000 Line-000000 Options-000000", False, "changes", ("Value-000000", "Match-000000"), (), "The steps, each a mapping of Action, Cat, Var, Value, Match, Line and Options."),
    )),
    ("UserEvent", "user_event", "Send a UserEvent to all sessions that read the class user.", "core", ("user",), ("1.4.0",), "1.8-master", "response", "", (), "", (
        ("user_event", "UserEvent", True, "text", (), (), "The name of your event."),
        ("headers", "Header1 HeaderN", False, "headers", (), (), "Headers of your own, with any names."),
    )),
    ("VoicemailBoxSummary", "voicemail_box_summary", "List the messages in a voicemail box.", "app_voicemail", ("call", "reporting"), ("20.5.0", "18.20.0"), "18 20-master", "list", "VoicemailBoxDetailComplete", ("VoicemailBoxDetail",), "", (
        ("context", "Context", True, "text", (), (), "The voicemail context of the mailbox."),
        ("mailbox", "Mailbox", True, "text", (), (), "The number of the mailbox."),
    )),
    ("VoicemailForward", "voicemail_forward", "Copy a voicemail message to another mailbox.", "app_voicemail", ("user",), ("20.5.0", "18.20.0"), "18 20-master", "response", "", (), "", (
        ("context", "Context", True, "text", (), (), "The voicemail context of the mailbox that holds the message."),
        ("mailbox", "Mailbox", True, "text", (), (), "The number of the mailbox that holds the message."),
        ("folder", "Folder", True, "text", (), (), "The folder that holds the message, such as INBOX."),
        ("id", "ID", True, "text", (), (), "The unique id of the message."),
        ("to_context", "ToContext", True, "text", (), (), "The voicemail context of the mailbox to forward to."),
        ("to_mailbox", "ToMailbox", True, "text", (), (), "The number of the mailbox to forward to."),
        ("to_folder", "ToFolder", True, "text", (), (), "The folder to put the message in."),
    )),
    ("VoicemailMove", "voicemail_move", "Move a voicemail message to another folder of its mailbox.", "app_voicemail", ("user",), ("20.5.0", "18.20.0"), "18 20-master", "response", "", (), "", (
        ("context", "Context", True, "text", (), (), "The voicemail context of the mailbox."),
        ("mailbox", "Mailbox", True, "text", (), (), "The number of the mailbox."),
        ("folder", "Folder", True, "text", (), (), "The folder that holds the message, such as INBOX."),
        ("id", "ID", True, "text", (), (), "The unique id of the message."),
        ("to_folder", "ToFolder", True, "text", (), (), "The folder to put the message in."),
    )),
    ("VoicemailRefresh", "voicemail_refresh", "Let Asterisk look for changes in voicemail boxes and tell them.", "app_voicemail", ("user",), ("12.0.0",), "12-master", "response", "", (), "", (
        ("context", "Context", False, "text", (), (), "Look only in this voicemail context; empty for all."),
        ("mailbox", "Mailbox", False, "text", (), (), "Look only at the mailbox with this number; empty for all."),
    )),
    ("VoicemailRemove", "voicemail_remove", "Delete a voicemail message.", "app_voicemail", ("user",), ("20.5.0", "18.20.0"), "18 20-master", "response", "", (), "", (
        ("context", "Context", True, "text", (), (), "The voicemail context of the mailbox."),
        ("mailbox", "Mailbox", True, "text", (), (), "The number of the mailbox."),
        ("folder", "Folder", True, "text", (), (), "The folder that holds the message, such as INBOX."),
        ("id", "ID", True, "text", (), (), "The unique id of the message."),
    )),
    ("VoicemailUsersList", "voicemail_users_list", "List the voicemail users with their settings and message counts.", "app_voicemail", ("call", "reporting"), ("1.6.0",), "1.8-master", "unmarked", "VoicemailUserEntryComplete", ("VoicemailUserEntry",), "", ()),
    ("VoicemailUserStatus", "voicemail_user_status", "Ask for the settings and message counts of a voicemail user.", "app_voicemail", ("call", "reporting"), ("16.0.0",), "16-master", "list", "VoicemailUserDetailComplete", ("VoicemailUserDetail",), "", (
        ("context", "Context", True, "text", (), (), "The voicemail context of the mailbox."),
        ("mailbox", "Mailbox", True, "text", (), (), "The number of the mailbox."),
    )),
    ("WaitEvent", "wait_event", "Hold the session until an event comes, then return all events that wait.", "core", (), ("1.4.0",), "1.8-master", "wait", "", (), "always", (
        ("timeout", "Timeout", False, "seconds", (), (), "How long to wait, in whole seconds."),
    )),
)
