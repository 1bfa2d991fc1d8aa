"""Reading a folder of a mail server over IMAP (RFC 3501): within TLS, at a judged address, changing nothing there.

with opened(Place("mail.example.vn", 993, "alerts@example.vn", "INBOX"), password) as folder:
for uid in folder.after(17):
content = folder.message(uid)
"""

import imaplib
import re
import ssl
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

from vonggac.duty.channels import destinations, vault
from vonggac.errors import LimitExceeded, Unreachable

TLS_PORT = 993
ANSWER_SECONDS, SESSION_SECONDS = 30.0, 300.0
MOST_MESSAGE_BYTES = 30 * 1024 * 1024
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# Why a server refuses a sign-in though name and password are right (RFC 5530).
_NOT_NOW = re.compile(r"\W*(UNAVAILABLE|INUSE|LIMIT|SERVERBUG)\]")
_TROUBLES = (imaplib.IMAP4.error, OSError, ValueError)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a folder of mail is read."""

    host: str
    port: int
    username: str
    folder: str = "INBOX"


class _Line(imaplib.IMAP4):
    """A connection within TLS to an address that was judged; what no message may weigh is refused, not read."""

    def __init__(self, place: Place, allowed: Collection[str]) -> None:
        self._allowed = allowed
        super().__init__(place.host, place.port, ANSWER_SECONDS)

    def open(self, host: str = "", port: int = TLS_PORT, timeout: float | None = None) -> None:
        """Connect; Refused for an address inside a network that the operator did not name."""
        self.host, self.port = host, port
        plain = destinations.connected(host, port, timeout_seconds=timeout or ANSWER_SECONDS, allowed=self._allowed)
        with plain:
            # Wrapped, the plain one is left empty, and its closing closes nothing.
            self.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=host)
        self.file = self.sock.makefile("rb")

    def read(self, size: int) -> bytes:
        """So many bytes of an answer."""
        if size > MOST_MESSAGE_BYTES + 1024:
            raise ValueError(f"an answer of {size} bytes")
        return super().read(size)


class Folder:
    """A folder that was opened to be read alone; its methods raise Unreachable when the server does not play along."""

    def __init__(self, line: imaplib.IMAP4, uid_validity: int) -> None:
        self._line = line
        self.uid_validity = uid_validity
        """While it stays, the numbers of messages mean the same (RFC 3501 §2.3.1.1)."""

    def after(self, uid: int, *, since: date | None = None) -> list[int]:
        """The numbers (UID) of the messages after this one, in order; of those alone that came since a day."""
        words = ["UID", f"{uid + 1}:*"]
        if since is not None:
            words += ["SINCE", f"{since.day}-{_MONTHS[since.month - 1]}-{since.year}"]
        found = b" ".join(line for line in self._asked("SEARCH", *words) if isinstance(line, bytes))
        # `n:*` is never empty: where n is past the end it means the last message.
        return sorted(number for number in map(int, found.split()) if number > uid)

    def message(self, uid: int) -> bytes | None:
        """The message's bytes; None where it was deleted meanwhile, LimitExceeded for one that is too large."""
        told = b" ".join(line for line in self._asked("FETCH", str(uid), "(RFC822.SIZE)") if isinstance(line, bytes))
        size = _SIZE.search(told)
        if size is None:
            return None
        if int(size[1]) > MOST_MESSAGE_BYTES:
            raise LimitExceeded(f"a mail of {int(size[1]):,} bytes was left out; hand in what it holds by other means")
        found = self._asked("FETCH", str(uid), "(BODY.PEEK[])")
        return next((bytes(line[1]) for line in found if isinstance(line, tuple)), None)

    def _asked(self, command: str, *words: str) -> list[Any]:
        return _answer(lambda: self._line.uid(command, *words))


@contextmanager
def opened(place: Place, password: str, *, allowed: Collection[str] = ()) -> Iterator[Folder]:
    """The folder, for one session of bounded length; Unreachable or Refused when it cannot be opened."""
    try:
        line = _Line(place, allowed)
    except _TROUBLES as error:
        raise Unreachable(f"the mail server did not play along: {_words(error)}") from error
    with destinations.cut_after(line.socket(), SESSION_SECONDS):
        try:
            yield _signed_in(line, place, password)
        finally:
            with suppress(*_TROUBLES):
                line.logout()
            # A goodbye that failed leaves the connection open.
            with suppress(OSError):
                line.shutdown()


def _signed_in(line: imaplib.IMAP4, place: Place, password: str) -> Folder:
    try:
        _sign_in(line, place.username, password)
    except _TROUBLES as error:
        said = vault.hidden(_words(error), {"password": password})
        if not _is_refusal(error):
            raise Unreachable(f"the mail server did not play along: {said}") from None
        raise Unreachable(
            "the mailbox refused the name or the password: enter both anew on the source's page; "
            f"some servers want a password made for programs alone. It says: {said}"
        ) from None
    try:
        # EXAMINE: nothing is marked as read, nothing is changed.
        _answer(lambda: line.select(_quoted(place.folder), readonly=True))
        return Folder(line, int(line.response("UIDVALIDITY")[1][0] or 0))
    except (Unreachable, *_TROUBLES) as error:
        said = vault.hidden(_words(error), {"password": password})
        raise Unreachable(f"the mail server did not play along: {said}") from None


def _is_refusal(error: BaseException) -> bool:
    """True for a server that answered NO to name and password: not hung up, not busy, not at a loss."""
    is_answer = isinstance(error, imaplib.IMAP4.error) and not isinstance(error, imaplib.IMAP4.abort)
    return is_answer and not _NOT_NOW.match(str(error)) and "command error" not in str(error)


def _sign_in(line: imaplib.IMAP4, username: str, password: str) -> None:
    """LOGIN knows no letters beyond ASCII; PLAIN (RFC 4616) does, and nearly every server offers it within TLS."""
    if "AUTH=PLAIN" in line.capabilities:
        line.authenticate("PLAIN", lambda _: f"\0{username}\0{password}".encode())
    else:
        line.login(username, password)


def _answer(act: Callable[[], tuple[str, list[Any]]]) -> list[Any]:
    try:
        kind, lines = act()
    except _TROUBLES as error:
        raise Unreachable(f"the mail server did not play along: {_words(error)}") from error
    if kind != "OK":
        said = b" ".join(line for line in lines if isinstance(line, bytes)).decode(errors="replace")
        raise Unreachable(f"the mail server did not play along: {_words(said)}")
    return lines


def _quoted(name: str) -> str:
    """A folder's name as RFC 3501 §5.1.3 writes it: letters beyond ASCII in modified UTF-7."""
    parts = re.split(r"([^\x20-\x7e]+)", name.replace("&", "&-"))
    for place in range(1, len(parts), 2):
        shifted = parts[place].encode("utf-7").decode("ascii").strip("+-").replace("/", ",")
        parts[place] = f"&{shifted}-"
    plain = "".join(parts).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{plain}"'


def _words(error: BaseException | str) -> str:
    """What went wrong in the server's own words, short."""
    said = " ".join(str(error).split()).removeprefix("the mail server did not play along: ")
    return said[:200] or type(error).__name__
