"""Hardware: bytes in, readings and pulses out; and the simulated world below it."""
