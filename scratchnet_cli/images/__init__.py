"""Any picture of a digit to the 28x28 that MNIST would have made of it."""
