"""What customers are worth: how often they will buy, for how much, and how far that could be trusted before."""
