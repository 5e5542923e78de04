"""Labelled images and rows of numbers: IDX files, MNIST, pictures in folders, CSV and .npy."""
