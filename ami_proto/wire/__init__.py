"""Frames from bytes: where a frame ends, and of what kind it is."""

from ami_proto.wire.banner import parse_banner, version_tuple
from ami_proto.wire.frame import Frame, LineStyle
from ami_proto.wire.framing import FRAME_SIZE_MAX, Framer

__all__ = ["FRAME_SIZE_MAX", "Frame", "Framer", "LineStyle", "parse_banner", "version_tuple"]
