"""What the kiosk does, in figures: clear time, start, memory, endurance. A composition root like the demo."""
