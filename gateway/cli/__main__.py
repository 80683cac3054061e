"""`python -m gateway.cli …` is `flexgate …`."""

from gateway.cli import main

main()
