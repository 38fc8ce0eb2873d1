"""Log records and metrics from notices, with every driver.

Give a `Telemetry` to `connect`, or to a driver, as `on_notice`. `Logs` and `Audit` need only the standard
library; `Metrics`, in `ami_backends.telemetry.metrics`, needs the extra `telemetry`.
"""

from ami_backends.telemetry.logs import AUDIT_LOGGER_NAME, LOGGER_NAME, Audit, Logs
from ami_backends.telemetry.telemetry import Telemetry

__all__ = ["AUDIT_LOGGER_NAME", "LOGGER_NAME", "Audit", "Logs", "Telemetry"]
