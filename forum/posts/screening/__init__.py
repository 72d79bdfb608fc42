"""Limits for new members, filters, and holding a text for review."""
