"""The commands of `rolelab`: one light file each; a command parses, calls and hands over."""
