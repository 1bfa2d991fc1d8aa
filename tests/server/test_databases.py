"""Where the database is, from the environment."""

import json

import pytest

from vonggac.errors import ConfigurationError
from vonggac.server import databases
from vonggac.server.databases import Login
from vonggac.server.home import Home

URL = "postgresql://desk_owner:s%40cret@db.example:5433/desk?sslmode=require"


@pytest.fixture
def home(tmp_path):
    made = Home(tmp_path / "desk")
    made.prepare()
    return made


def test_without_configuration_the_embedded_server_of_the_home_is_used(home):
    chosen = databases.chosen(home, {})
    assert chosen.is_embedded
    assert {login.role for login in (chosen.owner, chosen.app, chosen.sealer)} == {
        "vonggac_owner",
        "vonggac_app",
        "vonggac_sealer",
    }
    assert chosen.app.password == ""


def test_an_address_is_the_owners_and_the_other_roles_carry_the_databases_name(home):
    chosen = databases.chosen(home, {"VONGGAC_DATABASE_URL": URL})
    assert not chosen.is_embedded
    assert (chosen.owner.role, chosen.owner.password, chosen.owner.port) == ("desk_owner", "s@cret", "5433")
    assert (chosen.app.role, chosen.app.host, chosen.app.is_ours) == ("vonggac_app_desk", "db.example", True)
    assert chosen.sealer.options == {"sslmode": "require"}


def test_passwords_that_the_desk_made_come_from_its_home(home):
    home.database_file.write_text(json.dumps({"vonggac_app_desk": "made here"}))
    assert databases.chosen(home, {"VONGGAC_DATABASE_URL": URL}).app.password == "made here"


def test_roles_that_an_administrator_made_are_taken_as_they_are(home):
    environ = {"VONGGAC_DATABASE_URL": URL, "VONGGAC_APP_DATABASE_URL": "postgresql://theirs:pw@db.example/desk"}
    app = databases.chosen(home, environ).app
    assert (app.role, app.password, app.is_ours) == ("theirs", "pw", False)


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("mysql://u@h/d", "not a PostgreSQL address"),
        ("postgresql://h/d", "names no user"),
        ("postgresql://u@h", "names no dbname"),
    ],
)
def test_an_address_that_cannot_be_used_is_said(home, url, complaint):
    with pytest.raises(ConfigurationError, match=f"VONGGAC_DATABASE_URL.*{complaint}"):
        databases.chosen(home, {"VONGGAC_DATABASE_URL": url})


def test_django_gets_three_aliases_of_one_database(home):
    settings = databases.chosen(home, {"VONGGAC_DATABASE_URL": URL}).settings()
    assert set(settings) == {"default", "owner", "sealer"}
    assert {entry["NAME"] for entry in settings.values()} == {"desk"}
    assert settings["default"]["USER"] == "vonggac_app_desk"


def test_a_role_name_fits_postgresql_and_long_names_stay_apart():
    names = {databases.role_name("sealer", "d" * 60 + end) for end in "ab"}
    assert len(names) == 2
    assert all(len(name) <= 63 for name in names)


def test_an_empty_password_is_not_sent():
    assert "password" not in Login("r", "h", "1", "d").connection()
