"""Reports for a browser: an evaluation or a folder of answers as one HTML page."""
