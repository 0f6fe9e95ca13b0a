"""Import of files: which files, what their columns mean, the mapping, the plan of the load, and rejected rows again."""
