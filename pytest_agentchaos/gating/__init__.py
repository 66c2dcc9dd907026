"""Gating: a policy and results make a decision that a pipeline can act on. It runs nothing."""
