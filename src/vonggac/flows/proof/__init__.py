"""Proof rules that need several packages."""
