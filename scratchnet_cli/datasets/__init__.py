"""Labelled images and pictures, and rows of numbers: IDX, MNIST, folders, CSV, .npy."""
