"""What leaves the house, as the workspace sees it: sending what is due, bounces, and what was said on public pages."""
