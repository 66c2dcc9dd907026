"""The wire under every client of httpx and httpx2."""
