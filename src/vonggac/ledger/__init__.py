"""Append-only history of every change, sealed into a hash chain."""
