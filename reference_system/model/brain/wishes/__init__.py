"""What a user wants, read from what the user said."""
