"""The decision and the running kiosk."""

__version__ = "0.1.0"
"""Of Gatepost as a whole: pyproject.toml takes it from here. Asking for the installed one costs a start 40 ms."""
