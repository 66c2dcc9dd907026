"""What the system tells of itself: spans, figures, log records and messages, without secrets, under one id."""
