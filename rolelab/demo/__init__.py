"""The lesson: a table of steps, each acted for real and held against what AWS must answer."""
