"""The programming interface under `/api/v1`: scoped tokens in, JSON out, errors as problem+json."""
