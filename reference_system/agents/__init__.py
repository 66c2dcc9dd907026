"""The specialists: each does one step of the plan, with the model or, when that fails, by rules."""
