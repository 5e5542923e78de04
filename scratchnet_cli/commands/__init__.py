"""One module a command: its options and its wording. Each offers it as ``command``."""
