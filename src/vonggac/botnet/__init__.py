"""Botnet lists: rows, findings, reconciliation with the sender's previous list."""
