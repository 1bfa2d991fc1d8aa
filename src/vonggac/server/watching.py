"""Watching a desk from outside: whether it answers and says that it is sound, told once when that changes.

Nothing of a desk is needed here, neither database nor Django: what watches must not fall with what it watches.
"""

import hashlib
import http.client
import json
import os
import smtplib
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path
from urllib.parse import urlsplit

from vonggac.errors import ConfigurationError, InputError

LARGEST_ANSWER_BYTES = 64 << 10
MAIL_SECONDS = 20
# No summer time: what watches needs no table of zones.
VIETNAM = timezone(timedelta(hours=7))


@dataclass(frozen=True, slots=True)
class Memory:
    """What was seen before: looks that failed in a row, and whether people were told that the desk has stopped."""

    failed: int = 0
    since: str = ""
    was_told: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found, in a line for the log of cron."""

    is_sound: bool
    said: str


def look(
    url: str,
    file: Path,
    recipients: Sequence[str],
    *,
    failures: int,
    timeout_seconds: float,
    environ: Mapping[str, str] = os.environ,
) -> Look:
    """Look once, tell what changed, and remember it; a mail that could not be sent is tried again the next time."""
    address = health_address(url)
    before, trouble = remembered(file), reason(address, timeout_seconds)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    if not trouble:
        if before.was_told:
            _mail(environ, recipients, f"[Vọng Gác] HOẠT ĐỘNG LẠI / OK: {url}", _recovered(url, before, now))
        keep(file, Memory())
        return Look(is_sound=True, said=f"{now} {url} is sound")
    after = Memory(before.failed + 1, before.since or now, before.was_told)
    keep(file, after)
    if not after.was_told and after.failed >= failures:
        _mail(environ, recipients, f"[Vọng Gác] BÀN TRỰC DỪNG / DOWN: {url}", _stopped(url, trouble, after))
        keep(file, Memory(after.failed, after.since, was_told=True))
    return Look(is_sound=False, said=f"{now} {url}: {trouble}")


def health_address(url: str) -> str:
    """The address of the desk's health page; InputError for what is no web address."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise InputError(f"{url!r} is no address of a desk; write it as https://desk.example")
    return f"{url.rstrip('/')}/healthz" if parts.path in {"", "/"} else url


def reason(address: str, timeout_seconds: float) -> str:
    """Why the desk is not sound, "" when it is."""
    try:
        return _said(*_answer(address, timeout_seconds))
    except (OSError, http.client.HTTPException) as error:
        why = getattr(error, "reason", "") or error or type(error).__name__
        return f"bàn trực không trả lời / it does not answer ({why})"


def _answer(address: str, timeout_seconds: float) -> tuple[int, bytes]:
    """Status and content, cut, whatever the status; OSError or HTTPException when either does not come whole."""
    try:
        answer = urllib.request.urlopen(address, timeout=timeout_seconds)  # noqa: S310  http and https alone
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        return answer.status, answer.read(LARGEST_ANSWER_BYTES)


def _said(status: int, content: bytes) -> str:
    """The reasons of a health page, in Vietnamese where it says them so; what answers otherwise is not the desk."""
    try:
        found = json.loads(content)
        is_sound, reasons = bool(found["sound"]), [str(one) for one in found["reasons"]]
        in_vietnamese = [str(one) for one in found.get("reasons_vi", ())]
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"địa chỉ này không phải bàn trực / what answers there is not the desk (status {status})"
    if is_sound and status == 200:
        return ""
    said = " / ".join("; ".join(some) for some in (in_vietnamese, reasons) if some)
    return said or f"bàn trực trả lời không bình thường / it answers with status {status}"


def remembered(file: Path) -> Memory:
    """What was seen before; nothing, where the file is missing or damaged: then people are rather told twice."""
    try:
        return Memory(**json.loads(file.read_text()))
    except (OSError, ValueError, TypeError):
        return Memory()


def keep(file: Path, memory: Memory) -> None:
    """Remember it, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_name(f"{file.name}.{os.getpid()}.part")
    aside.write_text(json.dumps(asdict(memory)))
    aside.replace(file)


def usual_file(url: str, environ: Mapping[str, str] = os.environ) -> Path:
    """The state file of a desk that nobody gave another: one an address."""
    folder = Path(environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "vonggac"
    return folder / f"watch-{hashlib.sha256(url.encode()).hexdigest()[:12]}.json"


def _stopped(url: str, trouble: str, memory: Memory) -> str:
    return (
        f"Bàn trực Vọng Gác không hoạt động bình thường / the Vọng Gác desk is not sound: {url}\n\n{trouble}\n\n"
        f"Từ / since {_here(memory.since)}.\n"
        "Trong lúc này bàn trực có thể không gọi được ai / meanwhile it may call nobody.\n"
    )


def _recovered(url: str, memory: Memory, now: str) -> str:
    return (
        f"Bàn trực Vọng Gác hoạt động bình thường trở lại / the Vọng Gác desk is sound again: {url}\n\n"
        f"{_here(memory.since)} – {_here(now)}.\n"
    )


def _here(moment: str) -> str:
    """A moment as clocks in Việt Nam show it."""
    return f"{datetime.fromisoformat(moment).astimezone(VIETNAM):%H:%M %d/%m/%Y}"


def _mail(environ: Mapping[str, str], recipients: Sequence[str], subject: str, body: str) -> None:
    """Send one mail to all, or raise ConfigurationError, so that the next look tries again."""
    host, port = environ.get("VONGGAC_MAIL_HOST", ""), int(environ.get("VONGGAC_MAIL_PORT", "25"))
    if not host:
        raise ConfigurationError("nobody can be told: set VONGGAC_MAIL_HOST to a mail server beside the desk")
    mail = EmailMessage()
    mail["Subject"], mail["From"] = subject, environ.get("VONGGAC_MAIL_FROM", "vonggac@localhost")
    mail["To"], mail["Message-ID"] = ", ".join(recipients), make_msgid(domain="vonggac-watch")
    mail.set_content(body)
    try:
        with smtplib.SMTP(host, port, timeout=MAIL_SECONDS) as server:
            if environ.get("VONGGAC_MAIL_TLS") == "1":
                server.starttls(context=ssl.create_default_context())
            if user := environ.get("VONGGAC_MAIL_USER"):
                server.login(user, environ.get("VONGGAC_MAIL_PASSWORD", ""))
            server.send_message(mail)
    except (OSError, smtplib.SMTPException) as error:
        raise ConfigurationError(f"nobody could be told: the mail server {host}:{port} said: {error}") from None
