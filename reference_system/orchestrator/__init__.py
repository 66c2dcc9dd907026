"""The orchestrator: route, plan, execute, summarise, under a supervisor; one trip from its request to its answer."""
