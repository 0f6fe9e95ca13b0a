"""What messages say: an invitation and a reminder, with the first question inside, in five languages."""
