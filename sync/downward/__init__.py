"""What comes down from the central server: signed documents by `since`, and messages for now. docs/downward.md."""
