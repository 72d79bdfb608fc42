"""Attacks on the promise of anonymity, too long for the ordinary tests: `make attacks`."""
