"""Measures the site's speed against a yardstick that the same machine sets in the same run: see docs/benchmarks.md."""
