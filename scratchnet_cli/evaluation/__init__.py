"""A network over labelled images: the evaluation, its metrics, its formats."""
