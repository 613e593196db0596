"""Answers with titles, from files and catalogues."""
