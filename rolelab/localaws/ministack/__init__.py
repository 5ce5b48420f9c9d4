"""All that knows MiniStack: loads it, and replaces what answers otherwise than AWS."""
