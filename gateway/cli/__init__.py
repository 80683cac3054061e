"""`flexgate …`: one module per group of commands; each command imports what it needs when it runs."""

from gateway.cli.commands import main

__all__ = ["main"]
