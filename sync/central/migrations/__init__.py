"""The history of the server's tables."""
