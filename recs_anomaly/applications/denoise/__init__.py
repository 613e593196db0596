"""Folders of noisy pictures: files in, clean files of the same kind out."""
