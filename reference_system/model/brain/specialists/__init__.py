"""How the travel model does each task of a plan: the next tool calls, or a report."""
