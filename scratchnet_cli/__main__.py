"""Makes ``python -m scratchnet_cli`` the same as ``scratchnet``."""

from scratchnet_cli.cli import main

if __name__ == "__main__":
    main()
