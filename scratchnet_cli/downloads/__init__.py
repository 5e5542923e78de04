"""Files of pinned size and checksum: sources, download, cache."""
