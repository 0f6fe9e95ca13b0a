"""Customers' mails from a mailbox (IMAP)."""
