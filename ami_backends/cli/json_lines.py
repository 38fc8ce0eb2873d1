"""Output for programs: messages, gaps and drops as JSON, one object per line."""

import json
import sys
from datetime import datetime

from ami_backends.cli.screen import ScreenItem
from ami_proto import Drops, Gap, Kind, Message
from ami_proto.drivers import ServerKey

JsonRecord = dict[str, object]


def write_json(record: JsonRecord) -> None:
    r"""Write one object as one line to stdout, and flush.

    Characters that the stream cannot encode become `\u` escapes. So do bytes of the server that are not
    UTF-8: 0xFF is `\udcff`, as Python's `surrogateescape` has it.
    """
    line = json.dumps(record, ensure_ascii=False)
    try:
        line.encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        line = json.dumps(record)
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def json_record(item: ScreenItem) -> JsonRecord:
    """Return a message, gap or drop count as plain data.

    A message has `headers`, every line in order as a pair (the name is null where a line has no colon), and
    `fields`, the first value of each header, for convenience.
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


def with_time(record: JsonRecord, server: ServerKey | None = None) -> JsonRecord:
    """Return the record with the current local time, and the server if given, placed after its type."""
    now = datetime.now().astimezone().isoformat(timespec="milliseconds")
    place = {} if server is None else {"server": server}
    return {"type": record["type"], "time": now} | place | record


def _message_record(message: Message) -> JsonRecord:
    record: JsonRecord = {"type": message.kind.value, "name": message.name, "action_id": message.action_id}
    if message.kind is Kind.RESPONSE:
        record["message"] = message.get("Message")
    if message.output is not None:
        record["output"] = message.output
    return record | {"headers": message.pairs(), "fields": dict(message.items())}
