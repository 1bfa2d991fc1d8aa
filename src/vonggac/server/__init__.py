"""What wires and runs the rest: settings, embedded PostgreSQL, supervision, backup."""
