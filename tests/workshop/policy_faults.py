"""Faults in policies and in the audit: something forbidden leaves, or nobody is told who asked."""

from typing import Final

from tests.workshop.fault_record import PlantedFault

POLICY: Final = "ami_proto/policy.py"
TESTS: Final = "tests/ami_proto"
CONNECTION: Final = f"{TESTS}/connection/test_connection_policy.py"
DOCTOR: Final = "tests/ami_backends/cli"
CLUSTER: Final = f"{TESTS}/cluster/test_cluster_policy.py"

POLICY_FAULTS: Final[tuple[PlantedFault, ...]] = (
    PlantedFault(
        "a policy lets an action pass whose name is in another case",
        POLICY,
        "        key, values = action.lower(), _first_values(headers)\n",
        "        key, values = action, _first_values(headers)\n",
        (f"{TESTS}/test_policy.py",),
    ),
    PlantedFault(
        "an allowed context beside an application hides the application from the policy",
        POLICY,
        '        if key != "originate" or not (application := values.get("application")):\n',
        '        if values.get("context") or not (application := values.get("application")):\n',
        (f"{TESTS}/test_policy.py",),
        "Originate",
    ),
    PlantedFault(
        "a Local channel in another case reaches any context",
        POLICY,
        "    if technology.lower() == _LOCAL:\n",
        "    if technology == _LOCAL.title():\n",
        (f"{TESTS}/test_policy.py",),
        "local",
    ),
    PlantedFault(
        "an action that may wait is asked about by nobody",
        "ami_proto/connection/actions.py",
        "        check_request(action, self._config.key, self.policy, asked_by)\n",
        "        check_request(action, self._config.key, None if wait else self.policy, asked_by)\n",
        (CONNECTION,),
        "Forbidden",
    ),
    PlantedFault(
        "a forbidden action is counted as refused for backpressure",
        "ami_proto/connection/actions.py",
        "        except Backpressure:\n",
        "        except (Backpressure, Forbidden):\n",
        (CONNECTION,),
        "Forbidden",
    ),
    PlantedFault(
        "a cluster gives an action the server whose turn it is, whatever its policy",
        "ami_proto/cluster/turns.py",
        "            if objections.come_from(connection):\n",
        "            if connection.full and objections.come_from(connection):\n",
        (CLUSTER,),
    ),
    PlantedFault(
        "an action that waits leaves the server of its key",
        "ami_proto/cluster/turns.py",
        "            if isinstance(route, Sticky) or not objections",
        "            if not objections",
        (CLUSTER,),
        "sticky",
    ),
    PlantedFault(
        "a waiting action is refused by a server that is away, and not by a ready one",
        "ami_proto/cluster/turns.py",
        "            refusing = server if refusing is None else refusing\n",
        "            refusing = server\n",
        (CLUSTER,),
    ),
    PlantedFault(
        "a header is judged by its value and written by what it says of itself",
        "ami_proto/message/encoding.py",
        "        name = plain(given_name)\n",
        "        name = str(given_name)\n",
        (f"{TESTS}/test_plain_text.py",),
    ),
    PlantedFault(
        "an audit does not mask the secret of its server",
        "ami_proto/connection/journal.py",
        "ActionFinished(outcome, elapsed, self.redaction)",
        "ActionFinished(outcome, elapsed)",
        (CONNECTION,),
        "Audit",
    ),
    PlantedFault(
        "a client on a loop forgets who asked",
        "ami_backends/anyio/client.py",
        "                asked_by=call.asked_by,\n",
        "",
        ("conformance/suite/test_policy.py",),
        "who_asked and not lawful",
    ),
    PlantedFault(
        "the audit has lines about actions that never left",
        "ami_backends/telemetry/logs.py",
        " and notice.left and ",
        " and ",
        ("tests/ami_backends/telemetry/test_audit.py",),
    ),
    PlantedFault(
        "the smallest set of classes is the most powerful one",
        "ami_backends/cli/needs.py",
        "union(*others), key=_harm)",
        "union(*others), key=_harm, reverse=True)",
        (f"{DOCTOR}/test_needs.py",),
        "smallest",
    ),
    PlantedFault(
        "an action of two classes says that the account has both",
        "ami_backends/cli/account.py",
        " for each in self.actions.values() if len(each) == 1 for name in each)",
        " for each in self.actions.values() for name in each)",
        (f"{DOCTOR}/test_diagnosis.py",),
        "Answers",
    ),
    PlantedFault(
        "an allowed action that the server lacks needs its class",
        "ami_backends/cli/diagnosis.py",
        "    return not record.privileges or not account.held.isdisjoint(record.privileges)\n",
        "    return not record.privileges\n",
        (f"{DOCTOR}/test_diagnosis.py",),
        "absent",
    ),
    PlantedFault(
        "ami doctor asks under the policy that it judges",
        "ami_backends/cli/doctor.py",
        '        "policy": "all",\n',
        "",
        (f"{DOCTOR}/test_cli_doctor.py",),
        "facts",
    ),
)
