"""The power of the suite: what it finds of what is known to be wrong, and what it says of what is right."""
