"""Frames to messages, and actions to bytes."""

from ami_proto.message.decode import Decoder
from ami_proto.message.encode import Action, encode
from ami_proto.message.message import Message
from ami_proto.message.redact import redact

__all__ = ["Action", "Decoder", "Message", "encode", "redact"]
