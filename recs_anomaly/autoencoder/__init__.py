"""Autoencoders of rows, plain and variational."""
