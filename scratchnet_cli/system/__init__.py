"""Code that all packages share: text output, progress, files, processes."""
