"""How fast it is, as ratios within one run.

A machine's speed moves, a ratio to the bare calls beside it does not.
"""
