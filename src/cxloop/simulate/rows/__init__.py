"""How each topic is written to the log: blocks of rows."""
