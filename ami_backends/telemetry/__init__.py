"""Notices -> log records and metrics, on every driver.

`Telemetry` goes to `connect` as `on_notice`, or to a `Reactor` or `Driver` of yours. `Logs` needs nothing but
the standard library; `Metrics`, in `ami_backends.telemetry.metrics`, needs the extra `telemetry`.
"""

from ami_backends.telemetry.logs import LOGGER_NAME, Logs
from ami_backends.telemetry.telemetry import Telemetry

__all__ = ["LOGGER_NAME", "Logs", "Telemetry"]
