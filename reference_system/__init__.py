"""A travel system of agents that deserves to ship; every safeguard of it can be switched off to see what it was for."""
