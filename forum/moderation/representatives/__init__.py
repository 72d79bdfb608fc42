"""Deciding who may answer for a vendor."""
