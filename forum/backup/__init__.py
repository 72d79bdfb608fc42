"""Backups of the whole database: made, checked, scheduled and restored."""
