"""How often, and when, one customer may be written to: pure functions over histories that are given as values."""
