"""Fuzzing of the parsers, run by ``make fuzz``."""
