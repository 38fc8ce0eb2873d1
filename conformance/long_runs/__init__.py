"""Long and big runs of a cluster in virtual time: days of weather, thousands of reconnects and of servers.

    python -m conformance.long_runs                     # every run, some minutes
    python -m conformance.long_runs day --hours 168     # a week
    python -m conformance.long_runs outage --scale 0.1

The worlds of `conformance.world` are many, short and wild. These runs are few, long and big: they show what
takes time or size to show. Each says what must be true of it and prints one block; it is the same for the
same seed. `simulation` has all parts of a run: `server_site` (a server and its network), `readiness_driver`,
`application_load`, `account` (which counts everything), `dial_pace` and `heap_use`. `day`, `reconnects`,
`outage`, `flooder` and `corruption` are the runs.
"""

from .run_report import RunReport

__all__ = ["RunReport"]
