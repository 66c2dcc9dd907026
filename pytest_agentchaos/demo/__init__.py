"""A small agent that books one trip, and what becomes of the trip under every fault."""
