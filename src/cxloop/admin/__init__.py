"""Who may do and see what: accounts, keys, sessions and the audit log. A group of verbs beside the loop's parts."""
