"""Secrets of channels at rest: sealed with a key that stands in the home and never in the database."""

import json
from collections.abc import Mapping

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

from vonggac.errors import ConfigurationError, InputError

MOST_SECRETS, LONGEST_SECRET = 10, 2_000
HIDDEN = "•••"


def sealed(secrets: Mapping[str, str]) -> str:
    """The secrets as they may be kept; "" for none."""
    if not secrets:
        return ""
    if len(secrets) > MOST_SECRETS or any(len(value) > LONGEST_SECRET for value in secrets.values()):
        raise InputError(f"a channel has at most {MOST_SECRETS} secrets of at most {LONGEST_SECRET} letters")
    return _fernet().encrypt(json.dumps(dict(secrets)).encode()).decode()


def opened(text: str) -> dict[str, str]:
    """The secrets of a kept text; ConfigurationError when this home's key is not the one that sealed them."""
    if not text:
        return {}
    try:
        return {str(name): str(value) for name, value in json.loads(_fernet().decrypt(text.encode())).items()}
    except InvalidToken:
        raise ConfigurationError(
            "the secrets of this channel were sealed with another key: bring secrets/channel-key back from the backup, "
            "or enter the secrets again"
        ) from None


def hidden(text: str, secrets: Mapping[str, str]) -> str:
    """The text without the secrets that it may repeat."""
    for value in sorted(secrets.values(), key=len, reverse=True):
        if value:
            text = text.replace(value, HIDDEN)
    return text


def _fernet() -> Fernet:
    return Fernet(settings.VONGGAC_HOME.channel_key())
