"""Numbers of a history: metrics, what they cost, the figures of a trial."""
