"""One gateway for every provider of short messages: an HTTP request by its parts, and what its success looks like.

The request is described, never programmed: address, headers and body are texts with places (`templates.py`), success
is a status, a value in a JSON answer, or a pattern. Patterns are matched by RE2, in time linear in the answer.
"""

import http.client
import json
import re
import ssl
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlsplit

from vonggac.duty.channels import destinations, templates, vault
from vonggac.duty.channels.destinations import Allowed
from vonggac.duty.delivery import Failure, Fault
from vonggac.errors import InputError, Refused

CONNECT_SECONDS, REQUEST_SECONDS = 5.0, 12.0
LARGEST_ANSWER_BYTES = 64 << 10
CONTENT_TYPES = {
    "json": "application/json; charset=utf-8",
    "form": "application/x-www-form-urlencoded",
    "xml": "application/xml; charset=utf-8",
    "text": "text/plain; charset=utf-8",
}
METHODS = ("POST", "GET", "PUT")
NUMBER_FORMS = ("as_written", "0", "84", "+84")
# Behind the trunk zero: nine digits of a mobile, ten of a telephone (0912 345 678, 024 3936 0000).
_LOCAL, LONGEST_LOCAL = re.compile(r"[1-9]\d{8}|2\d{9}"), 10
_LINKS_AT_END = re.compile(r"(?: https?://\S+)+\Z")
# Links that leave less room than this would say nothing of what they are for.
FEWEST_LETTERS = 20
# What the provider says of this one message, and not of every other too.
ABOUT_ONE = frozenset({400, 413, 422})


@dataclass(frozen=True, slots=True)
class Success:
    """What an answer must be to count: all that is given must hold."""

    statuses: tuple[int, ...] = ()
    """Empty: 200 to 299."""
    json_path: str = ""
    """Names with dots between: `result.code`."""
    json_value: str = ""
    pattern: str = ""

    def complaint(self, status: int, answer: str) -> str:
        """Why the answer is no success, "" when it is one."""
        if not (status in self.statuses if self.statuses else 200 <= status < 300):
            return f"answered {status}"
        if self.json_path:
            value = _at(answer, self.json_path)
            if value != self.json_value:
                return f"answered {status} with {self.json_path} = {value!r}, not {self.json_value!r}"
        if self.pattern and not _matches(answer, self.pattern):
            return f"answered {status} without what success looks like"
        return ""


@dataclass(frozen=True, slots=True)
class Gateway:
    """The request that hands one short message to a provider."""

    url: str
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    content: str = "json"
    body: str = '{"to": "{to}", "text": "{text}"}'
    plain_letters: bool = False
    """Without accents: 160 letters a message instead of 70."""
    longest: int = 0
    """Letters of the text; 0: as many as there are."""
    number_form: str = "as_written"
    success: Success = Success()

    def to_json(self) -> dict[str, Any]:
        """The gateway as it is kept; secrets are not in it."""
        return asdict(self) | {"success": asdict(self.success) | {"statuses": list(self.success.statuses)}}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any], *, allowed: Allowed = ()) -> "Gateway":
        """The gateway of a row or form; InputError says what cannot be used."""
        given = {name: kept[name] for name in cls.__dataclass_fields__ if name in kept}
        success = dict(given.pop("success", {}))
        success["statuses"] = tuple(success.get("statuses", ()))
        gateway = cls(**given, success=Success(**success))
        _refuse(gateway, allowed)
        return gateway

    @property
    def secrets_named(self) -> set[str]:
        """The secrets that it needs."""
        return set().union(*(templates.secrets_named(text) for text in (self.url, self.body, *self.headers.values())))


def _refuse(gateway: Gateway, allowed: Allowed) -> None:
    """Raise InputError for a gateway that could never work, before it is needed at night."""
    refuse_address(gateway.url, allowed=allowed)
    if gateway.method not in METHODS:
        raise InputError(f"the method is one of {', '.join(METHODS)}")
    if gateway.content not in CONTENT_TYPES:
        raise InputError(f"the body is one of {', '.join(CONTENT_TYPES)}")
    if gateway.number_form not in NUMBER_FORMS:
        raise InputError(f"the form of numbers is one of {', '.join(NUMBER_FORMS)}")
    for name, value in gateway.headers.items():
        if not (name.isascii() and name.replace("-", "").isalnum() and value.isascii() and value.isprintable()):
            raise InputError(f"{name!r} is no header; write it as Name: value, without accents")
    if gateway.content == "json" and gateway.method != "GET":
        _refuse_json(gateway)
    if not any("{to}" in text for text in (gateway.url, gateway.body, *gateway.headers.values())):
        raise InputError("the request does not say {to} anywhere: every message would go to the same place")
    if gateway.success.pattern:
        _matches("", gateway.success.pattern)
    _ = gateway.secrets_named


def refuse_address(url: str, *, allowed: Allowed = ()) -> None:
    """Raise InputError for an address that may not be connected to, or whose host has places."""
    head = url.partition("/")[2].partition("/")[2].partition("/")[0].partition("?")[0]
    if "{" in head:
        raise InputError("the host of the address stands fast; only what follows it has places")
    destinations.parsed(url, allowed=allowed)


def _refuse_json(gateway: Gateway) -> None:
    values = dict.fromkeys([*templates.PLACES, *(f"secret:{name}" for name in gateway.secrets_named)], 'a"b')
    try:
        json.loads(templates.filled(gateway.body, values, "json"))
    except json.JSONDecodeError as error:
        raise InputError(f"the body is no JSON: {error}") from None


def send(
    gateway: Gateway, values: Mapping[str, str], secrets: Mapping[str, str], *, allowed: Allowed = ()
) -> Failure | None:
    """None when the provider took the message; what is said of a failure repeats no secret."""
    try:
        request = _request(gateway, values, secrets)
        status, content = _answered(request, allowed)
        answer = content.decode("utf-8", "replace")
    except (InputError, Refused) as error:
        return Failure(Fault.LETTER, vault.hidden(str(error), secrets), is_final=True)
    except (OSError, http.client.HTTPException) as error:
        return Failure(Fault.SERVER, vault.hidden(f"{type(error).__name__}: {error}", secrets), is_outage=True)
    complaint = gateway.success.complaint(status, answer)
    if not complaint:
        return None
    why = f"{vault.hidden(complaint, secrets)}: {_begin_of(answer, secrets)}"
    if status in ABOUT_ONE:
        return Failure(Fault.RECIPIENT, why, is_final=True)
    return Failure(Fault.SERVER, why, is_outage=not 200 <= status < 300)


def fetch(
    url: str, headers: Mapping[str, str], secrets: Mapping[str, str], *, most_bytes: int, allowed: Allowed = ()
) -> bytes | Failure:
    """The content of an address that is asked for with a gateway's headers; else why there is none, without secrets."""
    filling = dict.fromkeys(templates.PLACES, "") | {f"secret:{name}": value for name, value in secrets.items()}
    try:
        given = {name: templates.filled(value, filling, "header") for name, value in headers.items()}
        usual = {"Accept": "application/json", "User-Agent": "vonggac", "Connection": "close"}
        request = _Request("GET", templates.filled(url, filling, "address"), usual | given, None)
        status, answer = _answered(request, allowed, most_bytes + 1)
    except (InputError, Refused) as error:
        return Failure(Fault.LETTER, vault.hidden(str(error), secrets), is_final=True)
    except (OSError, http.client.HTTPException) as error:
        return Failure(Fault.SERVER, vault.hidden(f"{type(error).__name__}: {error}", secrets), is_outage=True)
    if status != http.HTTPStatus.OK:
        said = _begin_of(answer[:LARGEST_ANSWER_BYTES].decode("utf-8", "replace"), secrets)
        return Failure(Fault.SERVER, f"answered {status}: {said}")
    if len(answer) > most_bytes:
        return Failure(Fault.CONTENT, f"the answer is larger than {most_bytes} bytes")
    return answer


def _begin_of(answer: str, secrets: Mapping[str, str]) -> str:
    """The beginning of an answer in one line, cut behind its secrets: the half of one would be known by nothing."""
    return " ".join(vault.hidden(answer, secrets).split())[:150]


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None


def _request(gateway: Gateway, values: Mapping[str, str], secrets: Mapping[str, str]) -> _Request:
    given = {**values, "to": _number(values["to"], gateway.number_form)}
    for name in ("text", "subject", "body", "name"):
        given[name] = _shortened(given[name], gateway)
    filling = given | {f"secret:{name}": value for name, value in secrets.items()}
    headers = {name: templates.filled(value, filling, "header") for name, value in gateway.headers.items()}
    has_body = gateway.method != "GET"
    usual = {"Idempotency-Key": values["key"], "User-Agent": "vonggac", "Connection": "close"}
    if has_body:
        usual["Content-Type"] = CONTENT_TYPES[gateway.content]
    body = templates.filled(gateway.body, filling, gateway.content).encode() if has_body else None
    return _Request(gateway.method, templates.filled(gateway.url, filling, "address"), usual | headers, body)


def _shortened(text: str, gateway: Gateway) -> str:
    """The text as the gateway takes it; where it is too long its words are cut, and the links at its end stay whole."""
    if gateway.plain_letters:
        text = without_accents(text)
    if not gateway.longest or len(text) <= gateway.longest:
        return text
    found, cut = _LINKS_AT_END.search(text), "..." if gateway.plain_letters else "…"
    links = found[0] if found and len(found[0]) <= gateway.longest - FEWEST_LETTERS else ""
    return f"{text[: gateway.longest - len(links) - len(cut)].rstrip()}{cut}{links}"


def without_accents(text: str) -> str:
    """The text in letters that every phone network carries in one byte."""
    parts = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    bare = "".join(letter for letter in parts if not unicodedata.combining(letter))
    return bare.translate(_PLAIN).encode("ascii", "replace").decode()


_PLAIN = str.maketrans({"–": "-", "—": "-", "·": "-", "…": "...", "“": '"', "”": '"', "’": "'", "‘": "'", " ": " "})


def _number(text: str, form: str) -> str:
    """A Vietnamese phone number as the provider wants it; anything else as it was written."""
    written = unicodedata.normalize("NFKC", text).strip(" (")
    digits = "".join(letter for letter in written if letter.isdecimal())
    abroad = digits.removeprefix("00") if digits.startswith("00") else digits if written.startswith("+") else ""
    # Without a sign 84 begins a country's number only if enough follows: 084 is a network of its own too.
    whole = abroad or (digits if digits.startswith("84") and len(digits) > LONGEST_LOCAL else "")
    local = whole.removeprefix("84").removeprefix("0") if whole else digits.removeprefix("0")
    is_ours = not whole or whole.startswith("84")
    return form + local if form != "as_written" and is_ours and _LOCAL.fullmatch(local) else text


def _answered(request: _Request, allowed: Allowed, most_bytes: int = LARGEST_ANSWER_BYTES) -> tuple[int, bytes]:
    """Status and content of the answer, cut, of a connection that was judged before it was made."""
    place = destinations.parsed(request.url, allowed=allowed)
    connection = http.client.HTTPConnection(place.host, place.port, timeout=CONNECT_SECONDS)
    link = destinations.connected(place.host, place.port, timeout_seconds=CONNECT_SECONDS, allowed=allowed)
    parts = urlsplit(request.url)
    path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    try:
        with destinations.cut_after(link, REQUEST_SECONDS):
            if place.scheme == "https":
                link = ssl.create_default_context().wrap_socket(link, server_hostname=place.host)
            connection.sock = link
            # A secret may hold any letter; the standard library alone would refuse those outside Latin-1.
            headers = {name: value.encode() for name, value in request.headers.items()}
            connection.request(request.method, path, request.body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read(most_bytes)
    finally:
        link.close()


def _at(answer: str, path: str) -> str:
    """The value at a path of a JSON answer as text; "" where there is none."""
    try:
        found: Any = json.loads(answer)
        for name in path.split("."):
            found = found[int(name)] if isinstance(found, list) else found[name]
    except (ValueError, LookupError, TypeError):
        return ""
    return found if isinstance(found, str) else json.dumps(found)


def _matches(answer: str, pattern: str) -> bool:
    import pyarrow as pa  # noqa: PLC0415  a third of a second that only gateways with a pattern need
    import pyarrow.compute as pc  # noqa: PLC0415

    try:
        return bool(pc.match_substring_regex(pa.array([answer]), pattern)[0].as_py())
    except pa.ArrowInvalid as error:
        raise InputError(f"{pattern!r} is no pattern: {error}") from None


def named_statuses(text: str) -> Collection[int]:
    """The statuses of a form field (`200, 202`); InputError for what is none."""
    try:
        found = tuple(int(part) for part in text.replace(",", " ").split())
    except ValueError:
        raise InputError("statuses are numbers, for example 200 202") from None
    if any(not 100 <= status <= 599 for status in found):
        raise InputError("statuses lie between 100 and 599")
    return found
