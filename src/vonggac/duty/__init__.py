"""Who is on duty: posts, shifts, presence, messages to people."""
