"""Residents on their own phones: who is asked about a visitor at the gate, how they are reached, and what they answer."""
