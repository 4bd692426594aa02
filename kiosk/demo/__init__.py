"""A whole gate in a simulated world: site, scenarios, processes, report. A composition root of its own."""
