"""Settings: you, people, keys, audit, workspace."""
