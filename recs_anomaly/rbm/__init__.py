"""Restricted Boltzmann machines of binary, real and counted units."""
