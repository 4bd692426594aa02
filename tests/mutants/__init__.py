"""Mutants of the rules' code and of the flow, and which of them the tests notice: `make mutants`."""
