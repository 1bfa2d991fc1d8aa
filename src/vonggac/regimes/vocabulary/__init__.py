"""The words of official documents as data: types, bodies and symbols, places, named days."""

import tomllib
from importlib import resources
from typing import Any


def load() -> dict[str, Any]:
    """The vocabulary pack as a mapping, ready for `formats.congvan.Vocabulary.from_mapping`; read from the package."""
    text = resources.files(__package__).joinpath("vocabulary.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
