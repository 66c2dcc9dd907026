"""The language model: clients of it, and the deterministic one that is embedded."""
