"""Directives, clauses, obligations, forwarding and acknowledgement."""
