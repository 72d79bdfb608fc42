"""Measure the site against a yardstick measured on the same machine in the same run: see docs/benchmarks.md."""
