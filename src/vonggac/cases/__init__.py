"""The one life of all work: case, claim, evidence, observation, verdict, deadline."""
