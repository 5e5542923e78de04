"""Downloads and the cache."""
