"""Measurements: `gatepost bench`."""
