"""Tensors and arrays: energies, sampling, training."""
