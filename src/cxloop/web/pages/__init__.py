"""The pages, one module each: each calls verbs through the visitor's door and says what a template shows."""
