"""``python -m gliomamri``: the command line."""

import sys

from gliomamri.cli import main

if __name__ == "__main__":
    sys.exit(main())
