"""From a number to the rows that it counts."""
