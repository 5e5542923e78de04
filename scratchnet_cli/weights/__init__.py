"""Weight files: bytes to a checked network and back. None of them can run code."""
