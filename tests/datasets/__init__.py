"""Datasets and rows of numbers."""
