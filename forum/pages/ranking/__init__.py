"""Vendors in order of their scores, and side by side."""
