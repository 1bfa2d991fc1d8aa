"""The generated province, its clock and its judge."""
