"""Estimators of ours as neighbouring libraries know theirs.

Each module needs the library that it is called after, and nothing else does.
"""
