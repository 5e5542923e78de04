"""The forward pass and its parts."""
