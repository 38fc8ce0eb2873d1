"""Faults in typed actions and events: another header than was meant, and results that nobody confirmed."""

from typing import Final

from tests.workshop.fault_record import PlantedFault

FUNCTIONS: Final = "ami_proto/message/action_functions.py"
ARGUMENTS: Final = "ami_proto/message/arguments.py"
VIEW: Final = "ami_proto/message/view.py"
CALL: Final = "ami_proto/correlation/call_result.py"
RELEASES: Final = "ami_proto/catalogue/releases.py"
TESTS: Final = "tests/ami_proto"
ACTION_TESTS: Final = f"{TESTS}/message/test_action_functions.py"
CALL_TESTS: Final = f"{TESTS}/correlation/test_call_result.py"
RELEASE_TESTS: Final = f"{TESTS}/connection/test_release.py"

CATALOGUE_FAULTS: Final[tuple[PlantedFault, ...]] = (
    PlantedFault(
        "a part of a second is no time at all, where Asterisk takes seconds",
        ARGUMENTS,
        "math.ceil(argument * units)",
        "math.floor(argument * units)",
        (ACTION_TESTS,),
    ),
    PlantedFault(
        "False is sent as if nothing was said",
        FUNCTIONS,
        "        if argument is None:\n",
        "        if not argument:\n",
        (ACTION_TESTS,),
    ),
    PlantedFault(
        "an argument that is given by position and by name counts once",
        FUNCTIONS,
        "        if name in given:\n",
        "        if name in given and given[name] is None:\n",
        (ACTION_TESTS,),
    ),
    PlantedFault(
        "each change of a configuration file has the number of the first",
        ARGUMENTS,
        "-{number:06}",
        "-{0:06}",
        (ACTION_TESTS,),
    ),
    PlantedFault(
        "a view knows its event in one spelling only",
        VIEW,
        "        and item.name.lower() == name.lower()\n",
        "        and item.name == name\n",
        (f"{TESTS}/message/test_views.py",),
    ),
    PlantedFault(
        "a response is taken for the event of its name",
        VIEW,
        "        and item.kind is Kind.EVENT\n",
        "",
        (f"{TESTS}/message/test_views.py",),
    ),
    PlantedFault(
        "a call for whose result nobody waited is told as answered",
        CALL,
        "CallResult(CallStatus.QUEUED, ",
        "CallResult(CallStatus.ANSWERED, ",
        (CALL_TESTS,),
    ),
    PlantedFault(
        "a call whose result cannot be read is told as answered",
        CALL,
        '    if _told(event) == "success":\n',
        '    if _told(event) != "failure":\n',
        (CALL_TESTS,),
    ),
    PlantedFault(
        "a call of which nothing is known is told as unconfirmed",
        CALL,
        "    if reply.response is not None and isinstance(error, ActionLost):\n",
        "    if isinstance(error, ActionLost):\n",
        (CALL_TESTS,),
    ),
    PlantedFault(
        "a release that is just new enough lacks an action",
        RELEASES,
        "len(numbers)) >= since\n",
        "len(numbers)) > since\n",
        (f"{TESTS}/catalogue/test_releases.py",),
    ),
    PlantedFault(
        "every error of an action that the release lacks is explained by that",
        "ami_proto/correlation/outcome.py",
        "        if self.message.startswith(_UNKNOWN_ACTION):\n",
        "        if self.message:\n",
        (RELEASE_TESTS,),
    ),
    PlantedFault(
        "READY waits for the release, and is lost to a server that does not tell it",
        "ami_proto/connection/session.py",
        '                self._open_own(Purpose.RELEASE, Action("CoreSettings"), SingleResponse())\n',
        '                self._open_own(Purpose.SETUP, Action("CoreSettings"), SingleResponse())\n',
        (RELEASE_TESTS,),
    ),
)
