"""The control plane: every message, prompt, policy and limit of the system, versioned, hashed and comparable."""
