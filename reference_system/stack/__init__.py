"""The whole system as seven processes on this machine: five tool servers, the model, the service."""

from reference_system.stack.stack import Stack, StackError

__all__ = ["Stack", "StackError"]
