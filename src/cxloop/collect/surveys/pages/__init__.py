"""The pages that customers answer on: plain ASGI, complete without a script, in the collector's process."""
