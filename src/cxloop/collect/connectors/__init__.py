"""Systems that interactions are pulled from, one folder each: README.md says how to add one."""
