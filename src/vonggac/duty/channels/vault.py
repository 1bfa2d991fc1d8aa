"""Secrets of channels at rest: sealed with a key that stands in the home and never in the database."""

import html
import json
import re
import xml.sax.saxutils
from collections.abc import Iterator, Mapping
from urllib.parse import quote, quote_plus, urlsplit

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

from vonggac.duty.channels import templates
from vonggac.errors import ConfigurationError, InputError

MOST_SECRETS, LONGEST_SECRET = 10, 2_000
HIDDEN = "•••"
_HEX = re.compile(r"%[0-9A-F]{2}")


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


def host_of(address: str) -> str:
    """Where an address leads, as scheme and host: what was entered for one host is not sent to another unasked."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}".lower()


def hidden(text: str, secrets: Mapping[str, str]) -> str:
    """The text without the secrets that it may repeat, as they are or as their surroundings wrote them."""
    for written in sorted({form for value in secrets.values() for form in _forms(value)}, key=len, reverse=True):
        if written:
            text = text.replace(written, HIDDEN)
    return text


def _forms(value: str) -> Iterator[str]:
    """What an answer may repeat: what was sent, and how other programs write the same in JSON or in an address."""
    yield from (write(value) for write in (*templates.ESCAPES.values(), xml.sax.saxutils.escape, html.escape))
    for form in (json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]):
        yield from (form, form.replace("/", "\\/"))
    for form in (quote(value), quote(value, safe=""), quote_plus(value)):
        yield from (form, _HEX.sub(lambda found: found[0].lower(), form))


def _fernet() -> Fernet:
    return Fernet(settings.VONGGAC_HOME.channel_key())
