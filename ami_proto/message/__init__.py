"""Messages from frames, actions to bytes, and the redaction of both."""

from ami_proto.message.encoding import Action, encode
from ami_proto.message.message import Decoder, Message
from ami_proto.message.redact import redact

__all__ = ["Action", "Decoder", "Message", "encode", "redact"]
