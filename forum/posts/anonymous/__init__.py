"""Badges of anonymous authors, and details that would identify them."""
