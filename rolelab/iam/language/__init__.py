"""The language of policies: patterns and variables, condition operators, and whether a statement is about a request."""
