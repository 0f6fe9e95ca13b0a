"""Money: what a point of a score goes with, and what stands at risk."""
