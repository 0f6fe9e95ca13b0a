"""Text messages through a gateway of the company's own: signed JSON over HTTPS, and receipts back."""
