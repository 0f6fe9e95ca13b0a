"""The collector: a plain ASGI app that answers only after what came in is on the disk."""
