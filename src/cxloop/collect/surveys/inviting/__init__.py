"""Inviting: waves that want customers, who of them is chosen, and their way through the door to a message."""
