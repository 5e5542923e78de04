"""Weight files: bytes to a validated network and back; none can run code."""
