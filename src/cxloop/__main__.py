"""`python -m cxloop`: the command line."""

from cxloop.entry.cli import main

if __name__ == "__main__":
    main()
