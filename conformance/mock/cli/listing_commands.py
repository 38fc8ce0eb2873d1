"""CLI commands that list applications, functions, extensions, modules, users, help and so on.

The formats are those of the captures. The listed things are the mock's own, so the sizes differ.
"""

from conformance.mock.calls.dialplan_applications import APPLICATIONS
from conformance.mock.core import CliCommand, Core
from conformance.mock.exchange import Exchange
from conformance.mock.privileges import name_classes

from .base import CliFailed, CommandWithArguments, plural

MODULE_COUNT = 364
"""The number of modules of the captured server; `module show` prints about 40 kB."""

READ_COLUMNS_SINCE = 20
"""The first release whose `manager show connected` has ReadPerms and WritePerms."""

FUNCTIONS = {
    "CALLERID": ("CALLERID(datatype)", "Gets or sets Caller*ID data on the channel."),
    "CHANNEL": ("CHANNEL(item)", "Gets/sets various pieces of information about the channel."),
    "GLOBAL": ("GLOBAL(varname)", "Gets or sets the global variable specified."),
    "LEN": ("LEN(string)", "Return the length of the string given."),
}

HELP = {
    "channel request hangup": "Request a hangup on a given channel",
    "core show channels": "Display information on channels",
    "core show help": "Display help list, or specific help on a command",
    "core show uptime": "Show uptime information",
    "core show version": "Display version info",
    "database get": "Gets database value",
    "database show": "Shows database contents",
    "dialplan show": "Show dialplan",
    "manager show commands": "List manager interface commands",
    "module show": "List modules and info",
    "queue show": "Show status of a specified queue",
}


def print_applications(_server: Core) -> str:
    """Print `core show applications`."""
    lines = [f"{name:>20}: Run {name}. " for name in sorted(APPLICATIONS)]
    head, foot = (
        "    -= Registered Asterisk Applications =-",
        f"    -= {len(lines)} Applications Registered =-",
    )
    return "\n".join([head, *lines, foot]) + "\n"


def print_application(_exchange: Exchange, words: list[str]) -> str:
    """Print `core show application`: a manual page with empty lines between its parts."""
    name = " ".join(words)
    if name.lower() not in APPLICATIONS:
        raise CliFailed(
            f"Your application(s) is (are) not registered\nCommand 'core show application {name}' failed.\n"
        )
    return _page(f"Info about Application '{name}'", f"Run {name}. ", f"{name}([arguments])")


def print_functions(_server: Core) -> str:
    """Print `core show functions`."""
    rows = [f"{name:<20}  {syntax:<35}  {synopsis} " for name, (syntax, synopsis) in FUNCTIONS.items()]
    foot = f"{len(rows)} custom functions installed."
    return "\n".join(["Installed Custom Functions:", "-" * 80, *rows, foot]) + "\n"


def print_help(_server: Core) -> str:
    """Print `core show help`."""
    return "".join(f"{words:>30} -- {text}\n" for words, text in HELP.items())


def print_settings(server: Core) -> str:
    """Print `core show settings`."""
    parts: dict[str, dict[str, object]] = {
        "PBX Core settings": {"Version": server.version, "Maximum calls": "Not set", "Debug level": 0},
        "* Subsystems": {"Manager (AMI)": "Enabled", "Call data records": "Enabled"},
        "* Directories": {"Configuration directory": "/etc/asterisk"},
    }
    text = ""
    for title, lines in parts.items():
        text += f"\n{title}\n{'-' * len(title)}\n"
        text += "".join(f"  {name + ':':<28} {value}\n" for name, value in lines.items())
    return text + "\n\n"


def print_dialplan(exchange: Exchange, words: list[str]) -> str:
    """Print `dialplan show`; the only context is `default`."""
    if words and words[0] != "default":
        raise CliFailed(
            f"There is no existence of '{words[0]}' context\n"
            f"Command 'dialplan show {' '.join(words)}' failed.\n"
        )
    lines, priorities = ["[ Context 'default' created by 'pbx_config' ]"], 0
    for exten, steps in sorted(exchange.server.state.dialplan.items()):
        for number, step in enumerate(steps, 1):
            head = f"'{exten}' =>" if number == 1 else ""
            run = f"{number}. {step.application}({step.data})"
            lines.append(f"  {head:<17} {run:<45} [extensions.conf:{priorities + number}]")
        priorities += len(steps)
    count = plural(len(exchange.server.state.dialplan), "extension")
    foot = f"-= {count} ({plural(priorities, 'priority').replace('ys', 'ies')}) in 1 context. =-"
    return "\n".join([*lines, "", foot]) + "\n"


def print_endpoints(server: Core) -> str:
    """Print `pjsip show endpoints`."""
    known = server.state.inventory.endpoints
    lines = ["", f" Endpoint:  {'<Endpoint/CID':.<49}>  <State.....>  <Channels.>", "=" * 90, ""]
    for name, endpoint in known.items():
        lines += [f" Endpoint:  {name:<52} {endpoint.state:<13} 0 of inf", f"        Aor:  {name:<50}", ""]
    return "\n".join([*lines, "", f"Objects found: {len(known)}", "", ""])


def print_modules(_server: Core) -> str:
    """Print `module show`."""
    lines = [f"{'Module':<30} {'Description':<40} {'Use Count':<10} {'Status':<11} {'Support Level':>13}"]
    lines += [
        f"{f'app_{n:03}.so':<30} {f'Module {n} of the mock':<40} {0:<10} {'Running':<11} {'core':>13}"
        for n in range(MODULE_COUNT)
    ]
    return "\n".join([*lines, f"{MODULE_COUNT} modules loaded"]) + "\n"


def print_connected(server: Core) -> str:
    """Print `manager show connected`: the logged-in users, since when, and their permissions."""
    read, write = ("ReadPerms", "WritePerms") if server.release >= READ_COLUMNS_SINCE else ("Read", "Write")
    columns = (
        ("Username", 15),
        ("IP Address", 55),
        ("Start", 10),
        ("Elapsed", 10),
        ("FileDes", 8),
        ("HttpCnt", 8),
    )
    lines = ["".join(f"  {name:<{width}}" for name, width in columns) + f"  {read:<10}  {write}"]
    users = [session for session in server.sessions.values() if session.user is not None]
    for session in users:
        name, address = session.user.name if session.user else "", session.peer.split("/")[-2]
        since, age = int(server.wall_time_of(session.connected_at)), int(server.now - session.connected_at)
        lines.append(
            f"  {name:<15}  {address:<55}  {since:<10}  {age:<10}  {session.number:<8}  {0:<8}"
            f"  {2**31 - 1:<10}  {2**31 - 1:<10}"
        )
    return "\n".join([*lines, f"{len(users)} users connected."]) + "\n"


def print_manager_user(exchange: Exchange, words: list[str]) -> str:
    """Print `manager show user`: the classes of a user, as Asterisk 16 and 22 do (handle_showmanager)."""
    if len(words) != 1:
        raise CliFailed(
            " Usage: manager show user <user>\n"
            "        Display all information related to the manager user specified.\n"
        )
    user = exchange.server.users.get(words[0].lower())
    if user is None:
        return f"There is no manager called {words[0]}\n"
    values = {
        "username": user.name,
        "secret": "<Set>",
        "ACL": "no",
        "read perm": name_classes(user.read),
        "write perm": name_classes(user.write),
        "displayconnects": "no",
        "allowmultiplelogin": "yes",
        "Variables": "",
    }
    return "\n" + "".join(f"{name:>18}: {value}\n" for name, value in values.items())


def print_manager_commands(exchange: Exchange, _words: list[str]) -> str:
    """Print `manager show commands`: the actions and the first 33 characters of each synopsis."""
    known = sorted(exchange.actions.values(), key=lambda action: action.name.lower())
    lines = [f"  {'MockAction':<43}  Synopsis", f"  {'------':<43}  --------"]
    return "\n".join([*lines, *[f"  {each.name:<43}  {each.synopsis[:33]} " for each in known]]) + "\n"


def print_manager_command(exchange: Exchange, words: list[str]) -> str:
    """Print `manager show command`; an unknown action prints nothing."""
    pages = [
        _page(f"Info about Manager Command '{action.name}'", action.synopsis, f"Action: {action.name}")
        for word in words
        if (action := exchange.actions.get(word.lower()))
    ]
    return "".join(pages)


def _page(title: str, synopsis: str, syntax: str) -> str:
    return f"\n  -= {title} =- \n\n[Synopsis]\n{synopsis}\n\n[Syntax]\n{syntax}\n\n"


LISTING_COMMANDS: dict[str, CliCommand] = {
    "core show applications": print_applications,
    "core show functions": print_functions,
    "core show help": print_help,
    "core show settings": print_settings,
    "manager show connected": print_connected,
    "module show": print_modules,
    "pjsip show endpoints": print_endpoints,
}

LISTING_COMMANDS_WITH_ARGUMENTS: dict[str, CommandWithArguments] = {
    "core show application": print_application,
    "dialplan show": print_dialplan,
    "manager show command": print_manager_command,
    "manager show commands": print_manager_commands,
    "manager show user": print_manager_user,
}
