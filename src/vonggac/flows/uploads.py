"""What was handed in stays on disk exactly as it came, under its digest, before anything is acknowledged."""

from django.conf import settings

from vonggac.lake.store import Lake


def lake() -> Lake:
    """The lake of this desk."""
    return Lake(settings.VONGGAC_HOME.lake)


def keep_raw(content: bytes) -> str:
    """The SHA-256 under which the bytes are kept, durable when this returns; the same bytes again are kept once."""
    return lake().keep(content)


def is_kept(sha256: str) -> bool:
    """True while the bytes are kept; what nothing names yet is then kept for a day more."""
    return lake().renew(sha256)


def raw(sha256: str) -> bytes:
    """The bytes kept under this digest, as they came."""
    return lake().raw(sha256)
