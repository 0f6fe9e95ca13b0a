"""League tables and hierarchies: groups compared with each other, and added up."""
