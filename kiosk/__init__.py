"""The decision and the running kiosk."""
