"""The folder that holds everything one desk keeps: secrets, lake, evidence, raw uploads, database, logs."""

import base64
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from vonggac.errors import ConfigurationError

ROOT_FOLDER = Path("/var/lib/vonggac")


def default_path(environ: Mapping[str, str] = os.environ) -> Path:
    """The home that is used when nobody names one: VONGGAC_HOME, else the usual place of the running user."""
    if chosen := environ.get("VONGGAC_HOME"):
        return Path(chosen).expanduser().absolute()
    if os.geteuid() == 0:
        return ROOT_FOLDER
    data = environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "vonggac"


@dataclass(frozen=True, slots=True)
class Home:
    """One desk's folder; nothing is created before `prepare` is called."""

    path: Path

    @classmethod
    def chosen(cls, environ: Mapping[str, str] = os.environ) -> "Home":
        """The home that this process's environment names."""
        return cls(default_path(environ))

    @property
    def secrets(self) -> Path:
        """Keys and database passwords; readable by the owner alone."""
        return self.path / "secrets"

    @property
    def lake(self) -> Path:
        """Events at rest."""
        return self.path / "lake"

    @property
    def evidence(self) -> Path:
        """Files that were handed in as evidence, by their hash."""
        return self.path / "evidence"

    @property
    def raw(self) -> Path:
        """Uploads exactly as they came."""
        return self.path / "raw"

    @property
    def postgres(self) -> Path:
        """The embedded database's files (or, under root, the note that says where they are)."""
        return self.path / "postgres"

    @property
    def run(self) -> Path:
        """Sockets and locks of the running desk."""
        return self.path / "run"

    def origin(self, environ: Mapping[str, str] = os.environ) -> str:
        """The address of the desk: VONGGAC_ORIGIN, else the one it was last started on, else the usual one.

        Commands beside the running desk write links too; they have to lead where it listens.
        """
        if named := environ.get("VONGGAC_ORIGIN"):
            return named.rstrip("/")
        try:
            return self._origin_file.read_text().strip()
        except FileNotFoundError:
            return "http://127.0.0.1:8000"

    def keep_origin(self, origin: str) -> None:
        """Remember the address on which the desk was started."""
        self.prepare()
        self._origin_file.write_text(f"{origin}\n")

    @property
    def _origin_file(self) -> Path:
        return self.path / "origin"

    @property
    def logs(self) -> Path:
        """What the desk's parts print."""
        return self.path / "logs"

    @property
    def database_file(self) -> Path:
        """Passwords of the roles that the desk made on a PostgreSQL server of somebody else."""
        return self.secrets / "database.json"

    @property
    def is_made(self) -> bool:
        """True once a desk was begun here."""
        return self._key_file.exists()

    def prepare(self) -> None:
        """Create the folders and the secret key where they are missing; what exists keeps its permissions."""
        for folder in (self.path, self.secrets, self.lake, self.evidence, self.raw, self.postgres, self.run, self.logs):
            if not folder.exists():
                # The home itself may be /var/lib/vonggac, through which the database's user must pass.
                mode = 0o755 if folder == ROOT_FOLDER else 0o700
                folder.mkdir(parents=True, mode=mode)
        if not self._key_file.exists():
            write_secret(self._key_file, secrets.token_urlsafe(64))
        if not self._channel_key_file.exists():
            write_secret(self._channel_key_file, base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())

    def secret_key(self) -> str:
        """The key that signs sessions and links; one for this process alone while no home was prepared."""
        try:
            return self._key_file.read_text().strip()
        except FileNotFoundError:
            return secrets.token_urlsafe(64)

    def channel_key(self) -> bytes:
        """The key that seals the secrets of channels (32 bytes, base64); ConfigurationError where it is lost."""
        try:
            return self._channel_key_file.read_text().strip().encode()
        except FileNotFoundError:
            raise ConfigurationError(
                f"{self._channel_key_file} is missing: bring it back from the backup, or start the desk once to make a "
                "new one and enter the secrets of the channels again"
            ) from None

    @property
    def _key_file(self) -> Path:
        return self.secrets / "secret-key"

    @property
    def _channel_key_file(self) -> Path:
        return self.secrets / "channel-key"


def write_secret(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    aside = path.with_name(f"{path.name}.{os.getpid()}.part")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
