"""Deciding: what a decision does, the mail and the page about it, appeals."""
