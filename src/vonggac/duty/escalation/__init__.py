"""Calling people in order until somebody takes it on."""
