"""How calls went and what was tried again: attempts, failures, what an answer shows."""
