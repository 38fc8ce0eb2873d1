"""Log records and metrics from notices, with every driver.

Give a `Telemetry` to `connect`, or to a driver, as `on_notice`. `Logs` needs only the standard library;
`Metrics`, in `ami_backends.telemetry.metrics`, needs the extra `telemetry`.
"""

from ami_backends.telemetry.logs import LOGGER_NAME, Logs
from ami_backends.telemetry.telemetry import Telemetry

__all__ = ["LOGGER_NAME", "Logs", "Telemetry"]
