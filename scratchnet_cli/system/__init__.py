"""The streams of a terminal and the files of its user: messages, progress, whole files."""
