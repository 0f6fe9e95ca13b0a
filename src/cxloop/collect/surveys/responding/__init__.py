"""What a page that was sent changes: answers, quotas, files, and whether the response is done."""
