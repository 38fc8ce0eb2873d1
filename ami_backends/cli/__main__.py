"""`python -m ami_backends.cli` is `ami`."""

from ami_backends.cli import main

if __name__ == "__main__":
    main()
