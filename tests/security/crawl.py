"""A crawler that finds every page of the desk by itself: all addresses without arguments, then every link it meets."""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

# The stream never ends; signing out would end the walk.
LEFT_OUT = ("/stream", "/account/logout", "/static/", "/healthz")
MOST_PAGES = 600
# Filters and sort orders of one page: enough of them to see, not all their combinations.
MOST_QUERIES = 6


@dataclass(frozen=True)
class Page:
    """One answer of the desk."""

    address: str
    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def text(self) -> str:
        """What it says; of a workbook or document what its parts say."""
        if self.content.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(io.BytesIO(self.content)) as packed:
                parts = b"\n".join(packed.read(name) for name in packed.namelist())
            return parts.decode("utf-8", errors="replace")
        return self.content.decode("utf-8", errors="replace")

    @property
    def file_name(self) -> str:
        """The name under which a browser keeps it, "" for what is shown."""
        return self.headers.get("Content-Disposition", "").partition("filename=")[2].strip('"')

    @property
    def is_html(self) -> bool:
        return self.headers.get("Content-Type", "").startswith("text/html")


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in {"href", "hx-get", "src"} and value:
                self.found.append(value)


def addresses_without_arguments(resolver: URLResolver | None = None, prefix: str = "/") -> Iterator[str]:
    """Every address of the desk that needs no number or name in it."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern).lstrip("^").rstrip("$")
        if "<" in route or "(" in route:
            continue
        if isinstance(entry, URLResolver):
            yield from addresses_without_arguments(entry, route)
        elif isinstance(entry, URLPattern):
            yield route.replace("\\", "")


def crawl(client: Client, more: tuple[str, ...] = ()) -> Iterator[Page]:
    """Every page that the client reaches by GET: from all plain addresses and `more` on, along every link."""
    waiting = [*addresses_without_arguments(), *more]
    seen: set[str] = set()
    queries: dict[str, int] = {}
    while waiting and len(seen) < MOST_PAGES:
        address = waiting.pop(0)
        path = urlsplit(address).path
        if address in seen or path.startswith(LEFT_OUT):
            continue
        seen.add(address)
        queries[path] = queries.get(path, 0) + 1
        if queries[path] > MOST_QUERIES:
            continue
        page = fetched(client, address)
        yield page
        if page.is_html:
            waiting += [link for link in links(page) if link not in seen]


def exports(client: Client, more: tuple[str, ...] = ()) -> Iterator[Page]:
    """Every list as every file that its page offers: from all plain addresses and `more` on, one step far."""
    pages = [address for address in (*addresses_without_arguments(), *more) if not address.startswith(LEFT_OUT)]
    seen: set[str] = set()
    for page in (fetched(client, address) for address in pages):
        offered = {link for link in links(page) if "format=" in link or ".xlsx" in link} if page.is_html else set()
        for address in sorted(offered - seen):
            seen.add(address)
            yield fetched(client, address)


def fetched(client: Client, address: str) -> Page:
    answer = client.get(address)
    parts = answer.streaming_content if answer.streaming else [answer.content]
    return Page(address, answer.status_code, dict(answer.headers), b"".join(parts))


def links(page: Page) -> list[str]:
    """The addresses of this desk that a page leads to."""
    parser = _Links()
    parser.feed(page.text)
    joined = (urldefrag(urljoin(page.address, link))[0] for link in parser.found)
    return [link for link in joined if link.startswith("/")]
