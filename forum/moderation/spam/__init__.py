"""Removing spam in one step, and undoing that in one step."""
