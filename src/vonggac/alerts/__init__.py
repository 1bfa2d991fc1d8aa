"""Alerts as work: the sources that were declared, what they found (grouped), what was set aside, what is suppressed."""
