"""Tickets, their messages and satisfaction ratings from Zendesk."""
