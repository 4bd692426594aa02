"""The central server: appends the logs of kiosks in order, and shows the latest passages."""
