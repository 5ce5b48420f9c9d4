"""All that knows MiniStack: loading it, and taking its place where it answers otherwise than AWS."""
