"""Whole jobs in the words of their users: ids, times, titles, files."""
