"""What stands beside the stream, and the market process that wires it."""
