"""Sample, downloaded and generated data."""
