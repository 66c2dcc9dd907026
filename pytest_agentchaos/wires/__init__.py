"""Wires: where calls are seen and disturbed. Each is a port on which the one interpreter runs programs of steps."""
