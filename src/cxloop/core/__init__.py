"""Words as types: what every other layer speaks in. Imports the standard library and pydantic only."""
