"""Where the desk's PostgreSQL is and under which roles it is reached, from the environment.

Three roles, three aliases of one database: `default` (the application: no rights beyond rows), `owner` (migrations)
and `sealer` (the ledger's sealer and verifier). Nothing here opens a connection.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from vonggac.errors import ConfigurationError
from vonggac.server.home import Home
from vonggac.server.postgres import cluster_of

EMBEDDED_DATABASE = "vonggac"
LONGEST_NAME = 63


@dataclass(frozen=True, slots=True)
class Login:
    """How one role reaches the database; an empty password means that the server knows the user otherwise (peer)."""

    role: str
    host: str
    port: str
    database: str
    password: str = ""
    options: Mapping[str, str] | None = None
    # Whether the desk makes this role itself (its password then stands in the home's database.json).
    is_ours: bool = False

    @classmethod
    def from_url(cls, url: str, *, setting: str) -> "Login":
        """The parts of a PostgreSQL address (postgresql://user:password@host:5432/database?sslmode=require)."""
        try:
            parts = {name: str(value) for name, value in conninfo_to_dict(url).items() if value is not None}
        except ProgrammingError as error:
            raise ConfigurationError(f"{setting} is not a PostgreSQL address: {str(error).strip()}") from None
        for required in ("user", "dbname"):
            if required not in parts:
                raise ConfigurationError(f"{setting} names no {required}; write postgresql://user@host/database")
        return cls(
            role=parts.pop("user"),
            host=parts.pop("host", ""),
            port=parts.pop("port", ""),
            database=parts.pop("dbname"),
            password=parts.pop("password", ""),
            options=parts,
        )

    def connection(self) -> dict[str, Any]:
        """The libpq parameters."""
        parts: dict[str, Any] = {"dbname": self.database, "user": self.role, **(self.options or {})}
        parts |= {"host": self.host} if self.host else {}
        parts |= {"port": self.port} if self.port else {}
        parts |= {"password": self.password} if self.password else {}
        return parts

    def settings(self) -> dict[str, Any]:
        """One entry of Django's DATABASES."""
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": self.database,
            "USER": self.role,
            "PASSWORD": self.password,
            "HOST": self.host,
            "PORT": self.port,
            "OPTIONS": dict(self.options or {}),
        }


@dataclass(frozen=True, slots=True)
class Databases:
    """The three logins of one desk, and whether the server is the embedded one."""

    owner: Login
    app: Login
    sealer: Login
    is_embedded: bool

    def settings(self) -> dict[str, dict[str, Any]]:
        """Django's DATABASES."""
        return {"default": self.app.settings(), "owner": self.owner.settings(), "sealer": self.sealer.settings()}


def chosen(home: Home, environ: Mapping[str, str] = os.environ) -> Databases:
    """The databases that the environment names, else the embedded server of the home."""
    return external(home, environ["VONGGAC_DATABASE_URL"], environ) if is_external(environ) else embedded(home)


def is_external(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the environment names a server of somebody else."""
    return bool(environ.get("VONGGAC_DATABASE_URL"))


def embedded(home: Home) -> Databases:
    """The logins on the home's own server; it knows the operating system's user, so there are no passwords."""
    cluster = cluster_of(home)

    def login(role: str) -> Login:
        return Login(role, str(cluster.sockets), cluster.connection()["port"], EMBEDDED_DATABASE)

    return Databases(login("vonggac_owner"), login("vonggac_app"), login("vonggac_sealer"), is_embedded=True)


def external(home: Home, url: str, environ: Mapping[str, str] = os.environ) -> Databases:
    """The logins on a server of somebody else: the address is the owner's, the other two stand in database.json."""
    owner = Login.from_url(url, setting="VONGGAC_DATABASE_URL")
    passwords = _passwords(home.database_file)

    def login(kind: str) -> Login:
        setting = f"VONGGAC_{kind.upper()}_DATABASE_URL"
        if given := environ.get(setting):
            return Login.from_url(given, setting=setting)
        role = role_name(kind, owner.database)
        password = passwords.get(role, "")
        return Login(role, owner.host, owner.port, owner.database, password, owner.options, is_ours=True)

    return Databases(owner, login("app"), login("sealer"), is_embedded=False)


def remembered(databases: Databases, home: Home) -> Databases:
    """The databases with the passwords of our own roles as the home knows them now."""
    passwords = _passwords(home.database_file)

    def login(known: Login) -> Login:
        return replace(known, password=passwords.get(known.role, known.password)) if known.is_ours else known

    return replace(databases, app=login(databases.app), sealer=login(databases.sealer))


def role_name(kind: str, database: str) -> str:
    """The name of a role on a shared server: two desks there must not use one another's roles."""
    name = f"vonggac_{kind}_{database}"
    if len(name.encode()) <= LONGEST_NAME:
        return name
    return f"vonggac_{kind}_{hashlib.sha256(database.encode()).hexdigest()[:32]}"


def _passwords(path: Path) -> dict[str, str]:
    try:
        passwords: dict[str, str] = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    return passwords
