"""Pictures to 28x28."""
