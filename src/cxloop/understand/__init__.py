"""What customers say, and why numbers move."""
