"""Rows as they come: scores that know only the past, streams, and watchers."""
