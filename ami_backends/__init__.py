"""Drivers for `ami_proto`: they own sockets, clock and waiting, and know no rule of the protocol."""
