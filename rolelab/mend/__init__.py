"""`rolelab mend`: a broken lab put back to what was declared."""
