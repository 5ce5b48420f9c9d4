"""Proof that a lab does what it says: how it behaves, and what exists against what was declared."""
