"""Forms that are refused come back as they were filled in, with the reason beside the field to mend.

Whatever a view refuses, nothing of it is kept: the page on which its form stands is shown again at its own address, so
that live parts, links and a reload are those of that page. It is the page from which the browser says that the form was
sent; a browser that keeps this to itself gets the page that the view names by `comes_back_to`. Templates need not know:
`desk.refilling` fills the form in.
"""

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from inspect import iscoroutinefunction
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import NoReverseMatch, resolve, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from vonggac.desk.refilling import Sent, refilled
from vonggac.desk.requests import DeskRequest
from vonggac.desk.retelling import as_html
from vonggac.errors import InputError, LimitExceeded, VongGacError, WrongState
from vonggac.formats.limits import MEBIBYTE
from vonggac.tenancy.scope import scoped

V = TypeVar("V", bound=Callable[..., HttpResponse])
STATUS, STATUS_OF_STATE = HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.CONFLICT
_MAIN = re.compile(r"<main\b[^>]*>")


class FieldProblem(InputError):
    """One field of a form cannot be used as it is; other refusals are about the form's file, else about all of it."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


@contextmanager
def in_field(name: str) -> Iterator[None]:
    """Say of whatever is refused inside that it is this field's."""
    try:
        yield
    except InputError as error:
        raise FieldProblem(name, str(error)) from error


def comes_back_to(page: str) -> Callable[[V], V]:
    """Mark a view whose form stands on the page named `page`.

    The page takes those arguments of the view that its own address has.
    """

    def marked(view: V) -> V:
        view.comes_back_to = page  # type: ignore[attr-defined]
        return view

    return marked


def again(
    request: HttpRequest, view: Callable[..., object], named: Mapping[str, Any], error: VongGacError
) -> HttpResponse | None:
    """The page with the refused form as it was filled in; None where no page shows it, or where it would not help.

    422 for what cannot be used; 409 for an act that the state of its subject no longer allows: whoever wrote something
    keeps it, also where the form itself is gone.
    """
    if request.method != "POST" or not isinstance(error, InputError | WrongState):
        return None
    sent, otherwise = _sent(request, error), None
    for address in _addresses(request, view, named):
        response = _page(request, address)
        if response is None:
            continue
        response.status_code = STATUS if isinstance(error, InputError) else STATUS_OF_STATE
        text = response.content.decode()
        filled = refilled(text, address, sent)
        if filled is not None:
            response.content = filled
            return response
        if otherwise is None:
            otherwise = response
            response.content = _with_reason(text, sent)
    return otherwise


def one_file(request: DeskRequest, name: str = "file", *, largest: int | None = None) -> tuple[bytes, str]:
    """The bytes and the name of the file that was chosen; InputError for none, LimitExceeded beyond `largest` bytes."""
    return read(chosen(request, name)[0], largest=largest)


def one_large_file(request: DeskRequest, name: str = "file") -> "UploadedFile[Any]":
    """The file that was chosen, to be read piece by piece; InputError for none, LimitExceeded beyond the limit."""
    return _within(chosen(request, name)[0], settings.VONGGAC_UPLOAD_BYTES)


def name_of(file: "UploadedFile[Any]") -> str:
    """The file's name as it can be kept."""
    return (file.name or "")[-255:].replace("\0", "")


def chosen(request: DeskRequest, name: str) -> "list[UploadedFile[Any]]":
    """The files of a field, at least one."""
    files = request.FILES.getlist(name)
    if not files:
        raise FieldProblem(name, _("Choose at least one file."))
    return files


def read(file: "UploadedFile[Any]", *, largest: int | None = None) -> tuple[bytes, str]:
    """The bytes and the name of one file; LimitExceeded beyond `largest` bytes, the desk's own limit without."""
    within = _within(file, settings.VONGGAC_UPLOAD_BYTES if largest is None else largest)
    return within.read(), (file.name or "")[-255:]


def _within(file: "UploadedFile[Any]", most: int) -> "UploadedFile[Any]":
    if (file.size or 0) > most:
        raise LimitExceeded(_("The file is larger than %(n)d MiB; split it.") % {"n": most // MEBIBYTE})
    return file


def _sent(request: HttpRequest, error: VongGacError) -> Sent:
    # Django's `sensitive_post_parameters` names the secrets of a view; its own token is one of every form.
    secrets = {"csrfmiddlewaretoken", *getattr(request, "sensitive_post_parameters", ())}
    typed = {name: values for name, values in request.POST.lists() if name not in secrets}
    files = next(((name, given) for name, given in request.FILES.lists() if given), ("", []))
    field = error.field if isinstance(error, FieldProblem) else files[0]
    names = format_html_join(", ", "<b>{}</b>", ((file.name,) for file in files[1]))
    again = format_html('<br><span class="small">{} {}</span>', _("What was handed in:"), names) if names else ""
    return Sent(request.path, typed, field, format_html("{}{}", as_html(error), again))


def _addresses(request: HttpRequest, view: Callable[..., object], named: Mapping[str, Any]) -> Iterator[str]:
    """Where the form may stand, the likeliest first; many a page takes its form itself."""
    sent_from = urlsplit(request.headers.get("Referer", ""))
    if sent_from.netloc == request.get_host():
        yield sent_from._replace(scheme="", netloc="", fragment="").geturl()
    if page := getattr(view, "comes_back_to", None):
        yield _address(page, named)
    yield request.get_full_path()


def _address(page: str, named: Mapping[str, Any]) -> str:
    """The page's address with as many of the view's arguments as it has itself."""
    arguments = list(named.values())
    while True:
        try:
            return reverse(page, args=arguments)
        except NoReverseMatch:
            if not arguments:
                raise
            arguments.pop()


def _page(request: HttpRequest, address: str) -> HttpResponse | None:
    """The page at an address as the same person would get it, None where none is shown there."""
    path, _mark, query = address.partition("?")
    shown = copy.copy(request)
    shown.method, shown.path, shown.path_info = "GET", path, path
    shown.META = {**request.META, "QUERY_STRING": query}
    shown.GET, shown.POST = QueryDict(query), QueryDict()
    # The frame that the view may have asked for stands at the address of the form.
    vars(shown).pop("desk_frame", None)
    try:
        view, arguments, given = resolve(path)
        if iscoroutinefunction(view):
            return None
        with scoped(request.access.scope):  # type: ignore[attr-defined]
            response = view(shown, *arguments, **given)
    except (Http404, VongGacError):
        return None
    is_page = isinstance(response, HttpResponse) and response.status_code == HTTPStatus.OK
    return response if is_page and response.headers["Content-Type"].startswith("text/html") else None


def _with_reason(page: str, sent: Sent) -> str:
    """The page with the reason on top, and with what was written: its form is not there any more.

    Only what has a blank in it was written; the rest are choices, numbers and what the desk itself sent along.
    """
    written = [text for texts in sent.typed.values() for text in texts if " " in text.strip()]
    kept = format_html_join("", "<blockquote>{}</blockquote>", ((text,) for text in written))
    before = format_html('<span class="small">{}</span>{}', _("You had written:"), kept) if written else ""
    told = format_html('<div class="complaint" role="alert"><p>{}</p>{}</div>', sent.reason, before)
    return _MAIN.sub(lambda found: found[0] + told, page, count=1)
