"""What a system says of itself, joined with the calls that crossed the wires."""
