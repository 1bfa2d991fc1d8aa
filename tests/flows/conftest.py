"""Each story has a home, and so a lake, of its own: sensors of two stories share names."""

from pathlib import Path

import pytest

from vonggac.server.home import Home


@pytest.fixture(autouse=True)
def own_home(settings, tmp_path: Path) -> Home:
    """A home for one test."""
    home = Home(tmp_path / "home")
    home.prepare()
    settings.VONGGAC_HOME = home
    return home
