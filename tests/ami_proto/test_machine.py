"""The surface that drivers take: `Connection` has every member of `Machine`, by name and by signature."""

import inspect

import pytest

from ami_proto import Cluster, Connection, Filter
from ami_proto.drivers import Machine
from conformance.laws import Lawful, LawfulCluster
from conformance.laws.playbook import SERVER, Playbook, frame
from tests.playbooks import logged_in

MEMBERS = [name for name in dir(Machine) if not name.startswith("_")]


def test_a_type_checker_takes_a_connection_for_a_machine() -> None:
    """L2, L3: what a driver takes is `Machine`, and `Connection` is one."""
    connection = Connection(SERVER, seed=1)
    machine: Machine = connection
    watched: Machine = Lawful(machine)
    assert machine.servers == watched.servers == {SERVER.key: SERVER}
    assert machine.redaction.hides("Secret")
    assert list(machine.snapshots().values()) == [connection.snapshot()]


def test_a_type_checker_takes_a_cluster_for_any_machine() -> None:
    """R-CLUSTER-06: a cluster has every member of `Machine`; `submit` takes routes as well."""
    machine: Machine = Cluster([SERVER], seed=1)
    watched: Machine = LawfulCluster(Cluster([SERVER], seed=1))
    assert list(machine.snapshots()) == list(watched.snapshots()) == [SERVER.key]
    for name in (name for name in dir(Machine) if not name.startswith("_")):
        wanted, there = getattr(Machine, name), getattr(Cluster, name)
        if not isinstance(wanted, property):
            assert inspect.signature(there).parameters.keys() == inspect.signature(wanted).parameters.keys()


@pytest.mark.parametrize("name", MEMBERS)
def test_a_connection_has_every_member(name: str) -> None:
    wanted, there = getattr(Machine, name), getattr(Connection, name)
    if isinstance(wanted, property):
        assert isinstance(there, property)
    else:
        assert inspect.signature(there) == inspect.signature(wanted)


def test_a_batch_is_what_single_polls_would_return() -> None:
    play: Playbook = logged_in()
    one, many = (play.connection.subscribe(Filter(), limit=3) for _ in range(2))
    for number in range(5):
        play.receive(frame("Event: Hello", f"Number: {number}"))
    singles = [play.connection.poll_message(one) for _ in range(5)]
    batch = play.connection.poll_messages(many, 2)
    assert len(batch) == 2
    assert [*batch, *play.connection.poll_messages(many, 100), None] == singles
    assert play.connection.poll_messages(many, 100) == []
