"""Importing WordPress exports, and exporting the public archive."""
