"""Streams and messages."""
