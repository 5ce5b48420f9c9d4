"""The local AWS as a test double for other people's code; `fixtures` are pytest's."""

from rolelab.testing.double import Account, ClientSettings, LocalAws, running

__all__ = ["Account", "ClientSettings", "LocalAws", "running"]
