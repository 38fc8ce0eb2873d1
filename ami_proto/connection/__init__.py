"""Outcomes and clock -> the life of one server."""
