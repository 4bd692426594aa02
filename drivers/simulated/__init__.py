"""A world to stand a gate in: visitors, their codes and foreheads, the bus and the pins, below the lowest drivers.

It runs as a process of its own, is chosen explicitly in the configuration and never stands in for a lost device.
"""
