"""The mind of the embedded travel model."""

from reference_system.model.brain.mind import think
from reference_system.model.brain.temperament import MODELS

__all__ = ["MODELS", "think"]
