"""Bounds, cuts and certificates that need no solver: exact arithmetic only."""
