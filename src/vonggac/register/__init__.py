"""Organisations, people and roles, networks, assets, sensors, information systems, contacts."""
