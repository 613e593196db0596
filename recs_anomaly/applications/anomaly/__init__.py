"""Series in files and frames: what in them is not normal."""
