"""The laws of a machine, `Lawful` that checks them, and playbooks and peers for tests."""

from conformance.laws.lawful import Lawful
from conformance.laws.lawful_cluster import LawfulCluster
from conformance.laws.trace import LawBroken

__all__ = ["LawBroken", "Lawful", "LawfulCluster"]
