"""A small mail server for tests: IMAP over TLS on 127.0.0.1, with one account and what a reader of folders asks."""

import base64
import re
import socketserver
import ssl
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "alerts@example.vn", "một khóa khó đoán"


@dataclass
class MailServer:
    """The server; `mails` may be changed while it runs: (UID, when it came, bytes)."""

    folder: Path
    mails: list[tuple[int, datetime, bytes]] = field(default_factory=list)
    uid_validity: int = 7
    password: str = PASSWORD
    offers_plain: bool = True
    refusal: str | None = None
    """What it answers to every name and password; empty: it hangs up."""
    claimed_size: int | None = None
    """What it says a mail weighs, where that is not the truth."""
    commands: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self.certificate = self._certified()
        server = self

        class Session(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                _serve(server, self)

        class Threaded(socketserver.ThreadingTCPServer):
            allow_reuse_address = daemon_threads = True

            def get_request(self):
                link, address = super().get_request()
                link.settimeout(20)
                return server.context.wrap_socket(link, server_side=True, do_handshake_on_connect=False), address

            def handle_error(self, request, client_address) -> None:
                """A client that hangs up, or does not trust us, is what the tests are about."""

        self._server = Threaded(("127.0.0.1", 0), Session)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def receive(self, content: bytes, at: datetime) -> int:
        """A mail comes in; its UID."""
        uid = max((uid for uid, _, _ in self.mails), default=0) + 1
        self.mails.append((uid, at, content))
        return uid

    def _certified(self) -> Path:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail of tests")])
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=2))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        path, private = self.folder / "mail.pem", self.folder / "mail.key"
        path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        private.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(path, private)
        return path


def _serve(server: MailServer, session: socketserver.StreamRequestHandler) -> None:
    """One session: greeting, then a tagged answer to each command until LOGOUT."""

    def say(line: bytes) -> None:
        session.wfile.write(line + b"\r\n")

    say(b"* OK ready")
    while line := session.rfile.readline():
        tag, _, command = line.rstrip(b"\r\n").partition(b" ")
        server.commands.append(command.decode("utf-8", "replace"))
        verb = " ".join(
            command.decode("utf-8", "replace").split(" ")[: 1 + command.upper().startswith(b"UID ")]
        ).upper()
        answer = _ANSWERS[verb](server, session, command, say)
        if server.refusal is not None and verb in {"AUTHENTICATE", "LOGIN"}:
            answer = server.refusal.encode()
        if not answer:
            return
        say(tag + b" " + answer)
        if verb == "LOGOUT":
            return


def _capability(server, _session, _command, say) -> bytes:
    say(b"* CAPABILITY IMAP4rev1" + (b" AUTH=PLAIN" if server.offers_plain else b""))
    return b"OK done"


def _authenticate(server, session, _command, say) -> bytes:
    say(b"+ ")
    told = base64.b64decode(session.rfile.readline()).decode()
    return b"OK welcome" if told == f"\0{USER}\0{server.password}" else f"NO wrong password {server.password}".encode()


def _login(server, _session, command, _say) -> bytes:
    return b"OK welcome" if command.decode() == f'LOGIN {USER} "{server.password}"' else b"NO wrong password"


def _examine(server, _session, command, say) -> bytes:
    if command.partition(b" ")[2] not in {b"INBOX", b'"INBOX"', b'"C&HqM-nh b&AOE-o"'}:
        return b"NO no such folder"
    say(b"* OK [UIDVALIDITY %d] valid" % server.uid_validity)
    say(b"* %d EXISTS" % len(server.mails))
    return b"OK done"


def _search(server, _session, command, say) -> bytes:
    say(b"* SEARCH" + b"".join(b" %d" % uid for uid in _searched(server, command.decode())))
    return b"OK done"


def _fetch(server, _session, command, say) -> bytes:
    wanted, item = command.split(b" ")[2:4]
    for number, (uid, _, content) in enumerate(server.mails, 1):
        if uid == int(wanted):
            _fetched(server, number, uid, content, item, say)
    return b"OK done"


def _logout(_server, _session, _command, say) -> bytes:
    say(b"* BYE")
    return b"OK done"


_ANSWERS = {
    "CAPABILITY": _capability, "AUTHENTICATE": _authenticate, "LOGIN": _login, "EXAMINE": _examine,
    "UID SEARCH": _search, "UID FETCH": _fetch, "LOGOUT": _logout,
}  # fmt: skip


def _searched(server: MailServer, command: str) -> list[int]:
    first = int(re.search(r"UID (\d+):\*", command)[1])
    uids = [uid for uid, _, _ in server.mails]
    found = {uid for uid in uids if uid >= first} | ({max(uids)} if uids else set())
    if since := re.search(r"SINCE (\S+)", command):
        day = datetime.strptime(since[1], "%d-%b-%Y").replace(tzinfo=UTC).date()
        found &= {uid for uid, at, _ in server.mails if at.date() >= day}
    return sorted(found)


def _fetched(server: MailServer, number: int, uid: int, content: bytes, item: bytes, say) -> None:
    size = server.claimed_size or len(content)
    if item == b"(RFC822.SIZE)":
        say(b"* %d FETCH (UID %d RFC822.SIZE %d)" % (number, uid, size))
    else:
        say(b"* %d FETCH (UID %d BODY[] {%d}\r\n" % (number, uid, len(content)) + content + b")")


def mail(identifier: str, *attached: bytes, text: str = "", at: datetime | None = None) -> bytes:
    """A mail with attachments, or with a text alone."""
    lines = [f"Message-ID: {identifier}"] if identifier else []
    lines += [f"Date: {format_datetime(at or datetime(2026, 4, 20, tzinfo=UTC))}", "From: a@example.vn", "Subject: x"]
    lines += ["MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="=="', ""]
    head = "\r\n".join(lines).encode()
    body = b"\r\n--==\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + text.encode()
    for content in attached:
        body += b"\r\n--==\r\nContent-Type: application/json\r\n"
        body += b'Content-Disposition: attachment; filename="eve.json"\r\n\r\n' + content
    return head + body + b"\r\n--==--\r\n"
