"""Downloading one's data and deleting one's account."""
