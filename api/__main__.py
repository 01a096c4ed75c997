"""``python -m netform``."""

from netform.cli import main

main()
