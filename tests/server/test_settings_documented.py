"""Every setting and every command stands in the reference."""

import re

from tests.outer_data import REPOSITORY
from vonggac.cli.__main__ import NOUNS

SOURCE = REPOSITORY / "src" / "vonggac"
REFERENCE = REPOSITORY / "docs" / "reference"


def test_every_setting_is_documented():
    pattern = re.compile(r"(?:environ\S*|[A-Z]+ = )[\"'](VONGGAC_[A-Z_]+)[\"']")
    used = {name for path in SOURCE.rglob("*.py") for name in pattern.findall(path.read_text())}
    documented = set(re.findall(r"`(VONGGAC_[A-Z_]+)`", (REFERENCE / "settings.md").read_text()))
    assert used - documented == set()


def test_every_command_is_documented():
    text = (REFERENCE / "commands.md").read_text()
    assert {noun for noun in NOUNS if f"`{noun}" not in text} == set()
