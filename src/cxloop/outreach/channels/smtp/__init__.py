"""Mail: over SMTP to the company's own mail server, which signs it (DKIM) and brings it to the customers' servers."""
