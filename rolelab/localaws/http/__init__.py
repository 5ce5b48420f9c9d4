"""From the bytes of a request to a call, and from its result back to bytes."""
