"""Tests of Full Duplex: run them with `make test`."""
