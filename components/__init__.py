"""Pulumi components of the assume-role lab; each works alone in anybody's program."""
