"""Wire formats: each module reads one and writes it so that the real SDKs believe it."""
