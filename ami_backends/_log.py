"""What every log record of the library carries (R-OBS-02)."""

from ami_proto import ServerKey


def log_fields(
    server_key: ServerKey | None,
    action_id: str | None = None,
    queue_depth: int | None = None,
    **more: object,
) -> dict[str, object]:
    """Return the `extra` of a log record: the fields that are always there, None where it has none."""
    return {"server_key": server_key, "action_id": action_id, "queue_depth": queue_depth, **more}
