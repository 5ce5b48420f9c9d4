"""The background process: who runs, where; find it, start it, stop it."""
