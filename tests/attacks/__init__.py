"""Attacks on the promise of anonymity, as far as a program can try them. The long ones: `make attacks`."""
