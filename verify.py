"""`python verify.py` is `rolelab verify`."""

from rolelab.cli.main import main

main("verify")
