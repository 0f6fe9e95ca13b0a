"""Other systems' messages to `POST /hooks/NAME`: `hooks.Hooks` is the door, `loading.load` the way into the log."""
