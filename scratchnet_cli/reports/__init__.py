"""Pages for a browser: each is one HTML file that needs nothing else."""
