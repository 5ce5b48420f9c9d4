"""One file a resource type, and the table of them."""
