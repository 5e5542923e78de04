"""scratchnet: the three-layer network of 'Deep Learning from Scratch', run from the shell."""
