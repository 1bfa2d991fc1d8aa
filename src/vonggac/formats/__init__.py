"""Bytes to typed records and back, one module a format; no database, no regime."""
