"""IAM's operations, a module a subject; `HANDLERS` says which function answers which operation."""
