"""Records of one person, found by what they say: matching with Splink, and the review of what is doubtful."""
