"""The network: its layers, the fast forward pass, each step with its formulas. Pure maths."""
