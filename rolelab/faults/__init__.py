"""Ways to break a lab on purpose, each with the finding that it must lead to; and the way back."""
