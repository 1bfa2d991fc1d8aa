"""The data packs, one TOML file a regime."""
