"""Files of pinned size and hash: where they can be had, how they come, where they are kept."""
