"""What the travel model does in each role, one module each."""
