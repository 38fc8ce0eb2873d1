"""Conversations with an Asterisk that has the provisioned dialplan, by name.

Each channel has one letter as its Uniqueid, so that its events can be told from all others.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Turn:
    """An action to send, its headers between bars; and an event to wait for after it, if any."""

    text: str
    until: tuple[str, str] | None = None
    """Name of the event, and the Uniqueid of its channel."""


def call(extension: str, uniqueid: str, until: str = "Echo", *more: str) -> Turn:
    """Place a call that runs Wait on its own half; wait until the other half starts an application."""
    order = f"Originate|Channel: Local/{extension}@default|ChannelId: {uniqueid}|Async: true"
    run = "" if any("Exten:" in header for header in more) else "|Application: Wait|Data: 60"
    return Turn("|".join([order + run, *more]), (f"Newexten {until}", f"{uniqueid};2"))


def hang_up(uniqueid: str) -> Turn:
    """Hang up a call; wait for the end of its other half."""
    return Turn(f"Hangup|Channel: {uniqueid}", ("Hangup", f"{uniqueid};2"))


MEMBER = "Queue: sales|Interface: Local/1000@default"

CONVERSATIONS: dict[str, list[Turn]] = {
    "a member of a queue": [
        Turn(f"QueueAdd|{MEMBER}|MemberName: X"),
        Turn(f"QueueAdd|{MEMBER}"),
        Turn("QueueAdd|Queue: nosuch|Interface: x"),
        Turn("QueueAdd|Queue: sales"),
        Turn("QueueAdd|Interface: x"),
        Turn("QueueStatus|Queue: sales"),
        Turn(f"QueuePause|{MEMBER}|Paused: true|Reason: lunch"),
        Turn(f"QueuePause|{MEMBER}|Paused: true|Reason: lunch"),
        Turn("QueuePause|Queue: sales|Interface: nosuch|Paused: true"),
        Turn("QueuePause|Paused: true"),
        Turn(f"QueuePause|{MEMBER}|Paused: false"),
        Turn(f"QueuePenalty|{MEMBER}|Penalty: 3"),
        Turn(f"QueuePenalty|{MEMBER}|Penalty: -3"),
        Turn(f"QueuePenalty|{MEMBER}"),
        Turn(f"QueueMemberRingInUse|{MEMBER}|RingInUse: no"),
        Turn("QueueMemberRingInUse|Queue: sales|Interface: nosuch|RingInUse: no"),
        Turn("QueueMemberRingInUse|RingInUse: no"),
        Turn("QueueLog|Queue: sales|Event: X"),
        Turn("QueueLog|Queue: sales"),
        Turn("QueueReset|Queue: nosuch"),
        Turn("QueueStatus|Queue: sales|Member: Local/1000@default"),
        Turn(f"QueueRemove|{MEMBER}"),
        Turn(f"QueueRemove|{MEMBER}"),
        Turn("QueueRemove|Queue: support|Interface: Local/1000@default"),
        Turn("QueueRemove|Queue: nosuch|Interface: x"),
    ],
    "the database": [
        Turn("DBPut|Family: f|Key: k|Val: v: 1"),
        Turn("DBPut|Family: f|Key: k2/x|Val: "),
        Turn("DBPut|Family: f"),
        Turn("DBGet|Family: f|Key: k"),
        Turn("DBGet|Family: f|Key: no"),
        Turn("DBGet|Family: f"),
        Turn("DBGetTree|Family: f"),
        Turn("DBGetTree|Family: f|Key: k2"),
        Turn("DBGetTree|Family: no"),
        Turn("DBDel|Family: f|Key: no"),
        Turn("DBDel|Family: f"),
        Turn("DBDel|Family: f|Key: k"),
        Turn("DBDelTree|Key: k"),
        Turn("DBDelTree|Family: f"),
        Turn("DBDelTree|Family: f"),
    ],
    "the database on the command line": [
        Turn("Command|Command: database put g k v"),
        Turn("Command|Command: database show g"),
        Turn("Command|Command: database get g k"),
        Turn("Command|Command: database get g no"),
        Turn("Command|Command: database get"),
        Turn("Command|Command: database del g k"),
        Turn("Command|Command: database del g k"),
        Turn("Command|Command: database deltree g"),
        Turn("Command|Command: core show"),
        Turn("Command|Command: queue show nosuch"),
        Turn("Command|Command: dialplan show nosuch"),
        Turn("Command|Command: core show application Nope"),
        Turn("Command|Command: channel request hangup nosuch"),
        Turn("Command|Command: manager set debug"),
    ],
    "global variables": [
        Turn("Setvar|Variable: G|Value: a=b"),
        Turn("Getvar|Variable: G"),
        Turn("Getvar|Variable: GLOBAL(G)"),
        Turn("Setvar|Variable: GLOBAL(G)|Value: c"),
        Turn("Getvar|Variable: LEN(abc)"),
        Turn("Getvar|Variable: NOPE"),
        Turn("Getvar|Variable: NOFUNC(x)"),
        Turn("Setvar|Variable: NOFUNC(x)|Value: 1"),
        Turn("Setvar|Variable: G"),
        Turn("Setvar|Value: 1"),
        Turn("Getvar"),
        Turn("Setvar|Channel: none|Variable: X|Value: 1"),
    ],
    "variables of a channel": [
        call("echo", "v"),
        Turn("Setvar|Channel: v|Variable: V|Value: it's"),
        Turn("Setvar|Channel: v|Variable: __W|Value: x"),
        Turn("Getvar|Channel: v|Variable: V"),
        Turn("Getvar|Channel: v|Variable: W"),
        Turn("Getvar|Channel: v|Variable: UNIQUEID"),
        Turn("Getvar|Channel: v|Variable: EXTEN"),
        Turn("Getvar|Channel: v|Variable: CHANNEL(state)"),
        Turn("Setvar|Channel: v|Variable: CALLERID(num)|Value: 55"),
        Turn("Getvar|Channel: v|Variable: CALLERID(num)"),
        Turn("Setvar|Channel: v|Variable: CALLERID(name)|Value: Bob"),
        Turn("Setvar|Channel: v|Variable: CHANNEL(accountcode)|Value: acc"),
        Turn("Setvar|Channel: v|Variable: CHANNEL(language)|Value: de"),
        Turn("Setvar|Channel: v|Variable: NOFUNC(x)|Value: 1"),
        hang_up("v"),
    ],
    "hang up": [
        call("echo", "h"),
        Turn("Hangup|Channel: h|Cause: 21", ("Hangup", "h;2")),
        call("echo", "i"),
        Turn("Hangup|Channel: i;2", ("Hangup", "i")),
        call("echo", "j"),
        Turn("Hangup|Channel: /^Local.echo.*;1$/|Cause: 17", ("Hangup", "j;2")),
        Turn("Hangup|Channel: /nothing/"),
        Turn("Hangup|Channel: /x(/"),
        Turn("Hangup|Channel: /x"),
        Turn("Hangup|Channel: none"),
        Turn("Hangup"),
    ],
    "redirect one half, then both": [
        call("echo", "r"),
        Turn("Redirect|Channel: r;2|Context: default|Exten: 1000|Priority: 1", ("Newexten Wait", "r;2")),
        Turn("Status|Channel: r;2"),
        Turn(
            "Redirect|Channel: r|Context: default|Exten: 1000|Priority: 1"
            "|ExtraChannel: r;2|ExtraContext: default|ExtraExten: echo|ExtraPriority: 1",
            ("Newexten Wait", "r"),
        ),
        Turn("Redirect|Channel: r|ExtraChannel: none|Context: default|Exten: 1000|Priority: 1"),
        Turn("Redirect|Channel: r|Context: default|Priority: 1"),
        Turn("Redirect|Channel: r|Exten: 1000|Priority: 1"),
        Turn("Redirect|Channel: r|Context: default|Exten: 1000|Priority: x"),
        Turn("Redirect|Channel: none|Context: default|Exten: 1000|Priority: 1"),
        hang_up("r"),
    ],
    "redirect to nowhere": [
        call("echo", "n"),
        Turn("Redirect|Channel: n|Context: default|Exten: nosuch|Priority: 1", ("Hangup", "n;2")),
    ],
    "a call to an extension": [
        call("1000", "x", "Wait", "Context: default", "Exten: echo", "Priority: 1"),
        Turn("CoreShowChannels"),
        hang_up("x"),
    ],
    "calls that fail": [
        Turn("Originate|Channel: Local/busy@default|Application: Wait|Data: 1|ChannelId: f"),
        Turn("Originate|Channel: Local/fail@default|Application: Wait|Data: 1|ChannelId: g"),
        Turn("Originate|Channel: Local/nosuch@default|Application: Wait|Data: 1|ChannelId: k"),
        Turn("Originate|Channel: NoTech/x|Application: Wait|Data: 1"),
        Turn("Originate|Channel: Local/echo@default|Exten: nosuch|Context: default|Priority: 1"),
        Turn("Originate|Channel: Local/echo@default|Application: NoSuch|ChannelId: l", ("Hangup", "l;2")),
    ],
    "a call that nobody answers": [
        Turn("DialplanExtensionAdd|Context: default|Extension: ring|Priority: 1|Application: Ringing"),
        Turn(
            "DialplanExtensionAdd|Context: default|Extension: ring|Priority: 2|Application: Wait"
            "|ApplicationData: 60"
        ),
        Turn("Originate|Channel: Local/ring@default|Application: Wait|Timeout: 700|ChannelId: o"),
        call("ring", "p", "Wait"),
        hang_up("p"),
        Turn("DialplanExtensionRemove|Context: default|Extension: ring"),
    ],
    "a dialled call, hung up by the callee": [
        call("dial", "d", "Dial"),
        Turn("Ping", ("VarSet", "d;2 BRIDGEPEER")),
        Turn("Hangup|Channel: d;2", ("Hangup", "d")),
    ],
    "a bridge of two calls": [
        call("echo", "s"),
        call("echo", "t"),
        Turn("Bridge|Channel1: s;2|Channel2: none"),
        Turn("Bridge|Channel1: s;2"),
        Turn("Bridge|Channel1: s;2|Channel2: t;2", ("VarSet", "t;2")),
        Turn("BridgeList"),
        Turn("Hangup|Channel: s", ("Hangup", "t")),
    ],
    "a parked call": [
        call("echo", "q"),
        Turn("Park|Channel: q", ("BridgeEnter", "q")),
        Turn("ParkedCalls"),
        Turn("Park|Channel: none"),
        hang_up("q"),
    ],
    "transfers that cannot be": [
        call("echo", "u"),
        Turn("Atxfer|Channel: u|Exten: 1000"),
        Turn("BlindTransfer|Channel: u|Exten: 1000|Context: default"),
        Turn("BlindTransfer|Channel: none|Exten: 1000|Context: default"),
        hang_up("u"),
    ],
    "what is heard": [
        call("echo", "m"),
        Turn("PlayDTMF|Channel: m|Digit: 12", ("DTMFEnd", "m")),
        Turn("PlayDTMF|Channel: m"),
        Turn("SendText|Channel: m|Message: hi"),
        Turn("SendText|Channel: m"),
        Turn("MixMonitor|Channel: m"),
        Turn("MixMonitor|Channel: m|File: x", ("MixMonitorStart", "m")),
        Turn("MixMonitorMute|Channel: m|Direction: both|State: 1", ("MixMonitorMute", "m")),
        Turn("MixMonitorMute|Channel: m"),
        Turn("StopMixMonitor|Channel: m", ("MixMonitorStop", "m")),
        Turn("Monitor|Channel: m"),
        Turn("PauseMonitor|Channel: m"),
        Turn("UnpauseMonitor|Channel: m"),
        Turn("StopMonitor|Channel: m"),
        Turn("MuteAudio|Channel: m|Direction: in|State: on"),
        Turn("MuteAudio|Channel: m|Direction: up|State: on"),
        Turn("MuteAudio|Channel: m"),
        Turn("ControlPlayback|Channel: m|Control: stop"),
        Turn("ControlPlayback|Channel: m|Control: up"),
        Turn("LocalOptimizeAway|Channel: m"),
        hang_up("m"),
    ],
    "time is up": [
        call("echo", "w"),
        Turn("AbsoluteTimeout|Channel: w"),
        Turn("AbsoluteTimeout|Channel: w|Timeout: 1", ("Hangup", "w;2")),
    ],
    "an AGI command": [
        call("agi", "y", "AGI"),
        Turn("AGI|Channel: y;2|Command: NOOP|CommandID: 7", ("AsyncAGIExec", "y;2")),
        Turn("AGI|Channel: y|Command: NOOP"),
        Turn("AGI|Command: NOOP"),
        hang_up("y"),
    ],
    "no such channel": [
        Turn(f"{action}|Channel: none|Exten: 1|Message: m|Control: stop|Direction: in|State: on|Timeout: 1")
        for action in (
            "AbsoluteTimeout", "Atxfer", "BlindTransfer", "ControlPlayback", "LocalOptimizeAway",
            "MixMonitor", "MixMonitorMute", "MuteAudio", "Park", "PlayDTMF", "SendText", "StopMixMonitor",
        )
    ],
    "reload": [
        Turn("Reload|Module: app_queue"),
        Turn("Reload|Module: nosuch"),
        Turn("Filter|Operation: Del|Filter: x"),
        Turn("Filter|Operation: Add|Filter: ("),
        Turn("Filter|Operation: Add|Filter: "),
    ],
}  # fmt: skip
