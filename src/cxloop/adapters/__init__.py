"""What talks to services of other people."""
