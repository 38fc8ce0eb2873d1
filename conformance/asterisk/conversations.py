"""What to say to an Asterisk with the provisioned dialplan, on a line of its own: conversations, by name.

A channel has one letter for a Uniqueid, so that what it tells is known from what else happens.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Say:
    """Send an action, its headers between bars; then wait for an event of a channel, if one is named."""

    text: str
    until: tuple[str, str] | None = None
    """The event's name, and the Uniqueid of its channel."""


def call(extension: str, uniqueid: str, until: str = "Echo", *more: str) -> Say:
    """Place a call that runs Wait on its own half, and wait until the other half starts an application."""
    order = f"Originate|Channel: Local/{extension}@default|ChannelId: {uniqueid}|Async: true"
    run = "" if any("Exten:" in header for header in more) else "|Application: Wait|Data: 60"
    return Say("|".join([order + run, *more]), (f"Newexten {until}", f"{uniqueid};2"))


def hang_up(uniqueid: str) -> Say:
    """Hang a call up, and wait for the end of its other half."""
    return Say(f"Hangup|Channel: {uniqueid}", ("Hangup", f"{uniqueid};2"))


MEMBER = "Queue: sales|Interface: Local/1000@default"

CONVERSATIONS: dict[str, list[Say]] = {
    "a member of a queue": [
        Say(f"QueueAdd|{MEMBER}|MemberName: X"),
        Say(f"QueueAdd|{MEMBER}"),
        Say("QueueAdd|Queue: nosuch|Interface: x"),
        Say("QueueAdd|Queue: sales"),
        Say("QueueAdd|Interface: x"),
        Say("QueueStatus|Queue: sales"),
        Say(f"QueuePause|{MEMBER}|Paused: true|Reason: lunch"),
        Say(f"QueuePause|{MEMBER}|Paused: true|Reason: lunch"),
        Say("QueuePause|Queue: sales|Interface: nosuch|Paused: true"),
        Say("QueuePause|Paused: true"),
        Say(f"QueuePause|{MEMBER}|Paused: false"),
        Say(f"QueuePenalty|{MEMBER}|Penalty: 3"),
        Say(f"QueuePenalty|{MEMBER}|Penalty: -3"),
        Say(f"QueuePenalty|{MEMBER}"),
        Say(f"QueueMemberRingInUse|{MEMBER}|RingInUse: no"),
        Say("QueueMemberRingInUse|Queue: sales|Interface: nosuch|RingInUse: no"),
        Say("QueueMemberRingInUse|RingInUse: no"),
        Say("QueueLog|Queue: sales|Event: X"),
        Say("QueueLog|Queue: sales"),
        Say("QueueReset|Queue: nosuch"),
        Say("QueueStatus|Queue: sales|Member: Local/1000@default"),
        Say(f"QueueRemove|{MEMBER}"),
        Say(f"QueueRemove|{MEMBER}"),
        Say("QueueRemove|Queue: support|Interface: Local/1000@default"),
        Say("QueueRemove|Queue: nosuch|Interface: x"),
    ],
    "the database": [
        Say("DBPut|Family: f|Key: k|Val: v: 1"),
        Say("DBPut|Family: f|Key: k2/x|Val: "),
        Say("DBPut|Family: f"),
        Say("DBGet|Family: f|Key: k"),
        Say("DBGet|Family: f|Key: no"),
        Say("DBGet|Family: f"),
        Say("DBGetTree|Family: f"),
        Say("DBGetTree|Family: f|Key: k2"),
        Say("DBGetTree|Family: no"),
        Say("DBDel|Family: f|Key: no"),
        Say("DBDel|Family: f"),
        Say("DBDel|Family: f|Key: k"),
        Say("DBDelTree|Key: k"),
        Say("DBDelTree|Family: f"),
        Say("DBDelTree|Family: f"),
    ],
    "the database on the command line": [
        Say("Command|Command: database put g k v"),
        Say("Command|Command: database show g"),
        Say("Command|Command: database get g k"),
        Say("Command|Command: database get g no"),
        Say("Command|Command: database get"),
        Say("Command|Command: database del g k"),
        Say("Command|Command: database del g k"),
        Say("Command|Command: database deltree g"),
        Say("Command|Command: core show"),
        Say("Command|Command: queue show nosuch"),
        Say("Command|Command: dialplan show nosuch"),
        Say("Command|Command: core show application Nope"),
        Say("Command|Command: channel request hangup nosuch"),
        Say("Command|Command: manager set debug"),
    ],
    "global variables": [
        Say("Setvar|Variable: G|Value: a=b"),
        Say("Getvar|Variable: G"),
        Say("Getvar|Variable: GLOBAL(G)"),
        Say("Setvar|Variable: GLOBAL(G)|Value: c"),
        Say("Getvar|Variable: LEN(abc)"),
        Say("Getvar|Variable: NOPE"),
        Say("Getvar|Variable: NOFUNC(x)"),
        Say("Setvar|Variable: NOFUNC(x)|Value: 1"),
        Say("Setvar|Variable: G"),
        Say("Setvar|Value: 1"),
        Say("Getvar"),
        Say("Setvar|Channel: none|Variable: X|Value: 1"),
    ],
    "variables of a channel": [
        call("echo", "v"),
        Say("Setvar|Channel: v|Variable: V|Value: it's"),
        Say("Setvar|Channel: v|Variable: __W|Value: x"),
        Say("Getvar|Channel: v|Variable: V"),
        Say("Getvar|Channel: v|Variable: W"),
        Say("Getvar|Channel: v|Variable: UNIQUEID"),
        Say("Getvar|Channel: v|Variable: EXTEN"),
        Say("Getvar|Channel: v|Variable: CHANNEL(state)"),
        Say("Setvar|Channel: v|Variable: CALLERID(num)|Value: 55"),
        Say("Getvar|Channel: v|Variable: CALLERID(num)"),
        Say("Setvar|Channel: v|Variable: CALLERID(name)|Value: Bob"),
        Say("Setvar|Channel: v|Variable: CHANNEL(accountcode)|Value: acc"),
        Say("Setvar|Channel: v|Variable: CHANNEL(language)|Value: de"),
        Say("Setvar|Channel: v|Variable: NOFUNC(x)|Value: 1"),
        hang_up("v"),
    ],
    "hang up": [
        call("echo", "h"),
        Say("Hangup|Channel: h|Cause: 21", ("Hangup", "h;2")),
        call("echo", "i"),
        Say("Hangup|Channel: i;2", ("Hangup", "i")),
        call("echo", "j"),
        Say("Hangup|Channel: /^Local.echo.*;1$/|Cause: 17", ("Hangup", "j;2")),
        Say("Hangup|Channel: /nothing/"),
        Say("Hangup|Channel: /x(/"),
        Say("Hangup|Channel: /x"),
        Say("Hangup|Channel: none"),
        Say("Hangup"),
    ],
    "redirect one half, then both": [
        call("echo", "r"),
        Say("Redirect|Channel: r;2|Context: default|Exten: 1000|Priority: 1", ("Newexten Wait", "r;2")),
        Say("Status|Channel: r;2"),
        Say(
            "Redirect|Channel: r|Context: default|Exten: 1000|Priority: 1"
            "|ExtraChannel: r;2|ExtraContext: default|ExtraExten: echo|ExtraPriority: 1",
            ("Newexten Wait", "r"),
        ),
        Say("Redirect|Channel: r|ExtraChannel: none|Context: default|Exten: 1000|Priority: 1"),
        Say("Redirect|Channel: r|Context: default|Priority: 1"),
        Say("Redirect|Channel: r|Exten: 1000|Priority: 1"),
        Say("Redirect|Channel: r|Context: default|Exten: 1000|Priority: x"),
        Say("Redirect|Channel: none|Context: default|Exten: 1000|Priority: 1"),
        hang_up("r"),
    ],
    "redirect to nowhere": [
        call("echo", "n"),
        Say("Redirect|Channel: n|Context: default|Exten: nosuch|Priority: 1", ("Hangup", "n;2")),
    ],
    "a call to an extension": [
        call("1000", "x", "Wait", "Context: default", "Exten: echo", "Priority: 1"),
        Say("CoreShowChannels"),
        hang_up("x"),
    ],
    "calls that fail": [
        Say("Originate|Channel: Local/busy@default|Application: Wait|Data: 1|ChannelId: f"),
        Say("Originate|Channel: Local/fail@default|Application: Wait|Data: 1|ChannelId: g"),
        Say("Originate|Channel: Local/nosuch@default|Application: Wait|Data: 1|ChannelId: k"),
        Say("Originate|Channel: NoTech/x|Application: Wait|Data: 1"),
        Say("Originate|Channel: Local/echo@default|Exten: nosuch|Context: default|Priority: 1"),
        Say("Originate|Channel: Local/echo@default|Application: NoSuch|ChannelId: l", ("Hangup", "l;2")),
    ],
    "a call that nobody answers": [
        Say("DialplanExtensionAdd|Context: default|Extension: ring|Priority: 1|Application: Ringing"),
        Say(
            "DialplanExtensionAdd|Context: default|Extension: ring|Priority: 2|Application: Wait"
            "|ApplicationData: 60"
        ),
        Say("Originate|Channel: Local/ring@default|Application: Wait|Timeout: 700|ChannelId: o"),
        call("ring", "p", "Wait"),
        hang_up("p"),
        Say("DialplanExtensionRemove|Context: default|Extension: ring"),
    ],
    "a dialled call, hung up by the callee": [
        call("dial", "d", "Dial"),
        Say("Ping", ("VarSet", "d;2 BRIDGEPEER")),
        Say("Hangup|Channel: d;2", ("Hangup", "d")),
    ],
    "a bridge of two calls": [
        call("echo", "s"),
        call("echo", "t"),
        Say("Bridge|Channel1: s;2|Channel2: none"),
        Say("Bridge|Channel1: s;2"),
        Say("Bridge|Channel1: s;2|Channel2: t;2", ("VarSet", "t;2")),
        Say("BridgeList"),
        Say("Hangup|Channel: s", ("Hangup", "t")),
    ],
    "a parked call": [
        call("echo", "q"),
        Say("Park|Channel: q", ("BridgeEnter", "q")),
        Say("ParkedCalls"),
        Say("Park|Channel: none"),
        hang_up("q"),
    ],
    "transfers that cannot be": [
        call("echo", "u"),
        Say("Atxfer|Channel: u|Exten: 1000"),
        Say("BlindTransfer|Channel: u|Exten: 1000|Context: default"),
        Say("BlindTransfer|Channel: none|Exten: 1000|Context: default"),
        hang_up("u"),
    ],
    "what is heard": [
        call("echo", "m"),
        Say("PlayDTMF|Channel: m|Digit: 12", ("DTMFEnd", "m")),
        Say("PlayDTMF|Channel: m"),
        Say("SendText|Channel: m|Message: hi"),
        Say("SendText|Channel: m"),
        Say("MixMonitor|Channel: m"),
        Say("MixMonitor|Channel: m|File: x", ("MixMonitorStart", "m")),
        Say("MixMonitorMute|Channel: m|Direction: both|State: 1", ("MixMonitorMute", "m")),
        Say("MixMonitorMute|Channel: m"),
        Say("StopMixMonitor|Channel: m", ("MixMonitorStop", "m")),
        Say("Monitor|Channel: m"),
        Say("PauseMonitor|Channel: m"),
        Say("UnpauseMonitor|Channel: m"),
        Say("StopMonitor|Channel: m"),
        Say("MuteAudio|Channel: m|Direction: in|State: on"),
        Say("MuteAudio|Channel: m|Direction: up|State: on"),
        Say("MuteAudio|Channel: m"),
        Say("ControlPlayback|Channel: m|Control: stop"),
        Say("ControlPlayback|Channel: m|Control: up"),
        Say("LocalOptimizeAway|Channel: m"),
        hang_up("m"),
    ],
    "time is up": [
        call("echo", "w"),
        Say("AbsoluteTimeout|Channel: w"),
        Say("AbsoluteTimeout|Channel: w|Timeout: 1", ("Hangup", "w;2")),
    ],
    "an AGI command": [
        call("agi", "y", "AGI"),
        Say("AGI|Channel: y;2|Command: NOOP|CommandID: 7", ("AsyncAGIExec", "y;2")),
        Say("AGI|Channel: y|Command: NOOP"),
        Say("AGI|Command: NOOP"),
        hang_up("y"),
    ],
    "no such channel": [
        Say(f"{action}|Channel: none|Exten: 1|Message: m|Control: stop|Direction: in|State: on|Timeout: 1")
        for action in (
            "AbsoluteTimeout", "Atxfer", "BlindTransfer", "ControlPlayback", "LocalOptimizeAway",
            "MixMonitor", "MixMonitorMute", "MuteAudio", "Park", "PlayDTMF", "SendText", "StopMixMonitor",
        )
    ],
    "reload": [
        Say("Reload|Module: app_queue"),
        Say("Reload|Module: nosuch"),
        Say("Filter|Operation: Del|Filter: x"),
        Say("Filter|Operation: Add|Filter: ("),
        Say("Filter|Operation: Add|Filter: "),
    ],
}  # fmt: skip
