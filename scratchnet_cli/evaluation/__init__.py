"""A network over labelled images, and what the results tell: metrics, calibration, formats."""
