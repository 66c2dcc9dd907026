"""Traces: what a system says of itself, received while it runs or read from files."""
