"""Text messages through the services that the library apprise knows; an extra: cxloop[messages]."""
