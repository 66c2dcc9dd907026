"""What of a conversation reaches the model: its window, and what is done when it is too small."""
