"""Proof that a lab does what it says: behaviour as each learner sees it, and what exists against what was declared."""
