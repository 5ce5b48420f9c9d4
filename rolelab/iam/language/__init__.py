"""The language of policies: patterns, variables, operators, and when a statement applies."""
