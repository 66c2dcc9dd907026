"""What keeps trouble small: budgets, deadlines, retries and circuit breakers, for gateway and model client."""
