"""What surveys brought: who was asked and answered, what each question says, and in which words. Read from the log."""
