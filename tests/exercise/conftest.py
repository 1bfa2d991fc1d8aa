"""Each played world has a home, and so a lake, of its own."""

from pathlib import Path

import pytest

from vonggac.server.home import Home


@pytest.fixture
def own_home(settings, tmp_path: Path) -> Home:
    """A home for one test."""
    home = Home(tmp_path / "home")
    home.prepare()
    settings.VONGGAC_HOME = home
    return home
