"""Curated tags and their synonyms."""
