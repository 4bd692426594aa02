"""The durable log, its way to the central server, and the server."""
