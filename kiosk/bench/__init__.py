"""What Gatepost does, in figures: clear time, start, memory, endurance, intake. A composition root like the demo."""
