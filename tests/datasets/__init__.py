"""Tests of datasets and input vectors."""
