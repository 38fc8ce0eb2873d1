"""Run `ami` as `python -m ami_backends.cli`."""

from ami_backends.cli import main

if __name__ == "__main__":
    main()
