"""Complaints from outside, by people without an account."""
