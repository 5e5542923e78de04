"""Weight files: bytes to a validated network and back; none can run code.

Readers raise WeightsError for bytes that they refuse, writers OutputError.
"""
