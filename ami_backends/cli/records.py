"""What programs read: messages and marks as JSON objects, one a line."""

import json
import sys
from datetime import datetime

from ami_proto import Drops, Gap, Kind, Message

Record = dict[str, object]


def write_record(record: Record) -> None:
    r"""Write one object as a line, at once.

    Text goes as it is where the stream can carry it; else, and where a server sent bytes that are not
    UTF-8, as `\u` escapes (byte 0xFF is `\udcff`, what Python calls `surrogateescape`).
    """
    line = json.dumps(record, ensure_ascii=False)
    try:
        line.encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        line = json.dumps(record)
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def record_of(item: Message | Gap | Drops) -> Record:
    """Return a message or a mark as plain data.

    `headers` is every line in order, as pairs (the name null where a line has no colon); `fields` is
    the first value of each header, for convenience.
    """
    match item:
        case Gap():
            cause = item.cause
            return {
                "type": "gap",
                "seconds": round(item.ended - item.started, 3),
                "reason": None if cause is None else cause.reason.value,
                "detail": None if cause is None else cause.detail,
            }
        case Drops():
            return {"type": "drops", "count": item.count}
        case _:
            return _message_record(item)


def stamped(record: Record) -> Record:
    """Return the record with the local time of now, behind its type."""
    now = datetime.now().astimezone().isoformat(timespec="milliseconds")
    return {"type": record["type"], "time": now} | record


def _message_record(message: Message) -> Record:
    fields: dict[str, str] = {}
    for name, value in message.items():
        if name is not None:
            fields.setdefault(name, value)
    record: Record = {"type": message.kind.value, "name": message.name, "action_id": message.action_id}
    if message.kind is Kind.RESPONSE:
        record["message"] = message.get("Message")
    if message.output is not None:
        record["output"] = message.output
    return record | {"headers": message.items(), "fields": fields}
