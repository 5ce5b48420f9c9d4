"""`python verify.py` is `rolelab verify`."""

from rolelab.__main__ import main

main("verify")
