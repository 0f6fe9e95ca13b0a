"""A folder of this machine or of a bucket: new and changed files are imported, each once."""
