"""`python -m rolelab` is `rolelab`."""

from rolelab.cli.main import main

main()
