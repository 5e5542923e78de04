"""Answers to pictures."""
