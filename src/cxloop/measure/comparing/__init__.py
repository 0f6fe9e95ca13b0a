"""What changed, and what differs: two sides of one metric, and what may be said of them."""
