"""Vendors, their programmes and tiers, and the proposals that bring new ones in."""
