"""Pure computation on arrays and values: no Django, no I/O, no clock."""
