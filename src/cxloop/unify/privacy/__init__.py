"""What customers allow and may ask for: consents, access requests, retention, and what redaction took out."""
