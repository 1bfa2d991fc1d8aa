"""Deferring work by name, in the transaction that made it necessary."""
