"""What is sent to customers, to whom nothing may be sent, how each wants to be written to, and what they said of it."""
