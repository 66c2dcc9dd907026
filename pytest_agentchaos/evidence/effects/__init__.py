"""What was done to the world, told by the wires, by the answer and by the world itself."""
