"""Forms that take files: a refused one comes back as it was filled in, with the reason beside the field to mend.

A view marked `comes_back_to(page)` writes inside a savepoint. When it refuses what was handed in, the page on which
its form stands is shown again at its own address, so that live parts, links and a reload are those of that page; the
template reads the refusal by the tags `refused`, `file_field` and `typed`.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import NoReverseMatch, resolve, reverse
from django.utils.translation import gettext as _

from vonggac.desk.requests import DeskRequest
from vonggac.errors import InputError, LimitExceeded
from vonggac.formats.limits import MEBIBYTE

View = Callable[..., HttpResponse]
STATUS = 422


class FieldProblem(InputError):
    """One field of a form cannot be used as it is; other refusals are about the form's file, else about all of it."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


@dataclass(frozen=True, slots=True)
class Refusal:
    """What was refused: which form, by the last word of the `address` it was sent to; which field, "" for all."""

    address: str
    field: str
    reason: str
    files: tuple[str, ...]
    typed: QueryDict

    @property
    def form(self) -> str:
        """The last word of the address."""
        return self.address.rstrip("/").rpartition("/")[2]

    def is_of(self, form: str) -> bool:
        """True for the form that was refused; a page with one form need not name it."""
        return form in ("", self.form)


def comes_back_to(page: str, *, file: str = "file") -> Callable[[View], View]:
    """A view whose refused POST shows the page named `page` again, with status 422 and the reason beside `file`.

    The page takes those arguments of the view that its own address has.
    """

    def marked(view: View) -> View:
        @wraps(view)
        def handed_in(request: DeskRequest, **named: Any) -> HttpResponse:
            if request.method != "POST":
                return view(request, **named)
            try:
                with transaction.atomic():
                    return view(request, **named)
            except InputError as error:
                return _form_again(request, _address(page, named), _refusal(request, error, file))

        return handed_in

    return marked


def of(request: HttpRequest) -> Refusal | None:
    """The refusal that the page of this request shows."""
    found = getattr(request, "refusal", None)
    return found if isinstance(found, Refusal) else None


def one_file(request: DeskRequest, name: str = "file", *, largest: int | None = None) -> tuple[bytes, str]:
    """The bytes and the name of the file that was chosen; InputError for none, LimitExceeded beyond `largest` bytes."""
    return read(chosen(request, name)[0], largest=largest)


def chosen(request: DeskRequest, name: str) -> "list[UploadedFile[Any]]":
    """The files of a field, at least one."""
    files = request.FILES.getlist(name)
    if not files:
        raise FieldProblem(name, _("Choose at least one file."))
    return files


def read(file: "UploadedFile[Any]", *, largest: int | None = None) -> tuple[bytes, str]:
    """The bytes and the name of one file; LimitExceeded beyond `largest` bytes, the desk's own limit without."""
    most = settings.VONGGAC_UPLOAD_BYTES if largest is None else largest
    if (file.size or 0) > most:
        raise LimitExceeded(_("The file is larger than %(n)d MiB; split it.") % {"n": most // MEBIBYTE})
    return file.read(), (file.name or "")[-255:]


def _refusal(request: DeskRequest, error: InputError, file: str) -> Refusal:
    files = tuple(each.name or "" for each in request.FILES.getlist(file))
    return Refusal(
        address=request.path,
        field=error.field if isinstance(error, FieldProblem) else (file if files else ""),
        reason=str(error),
        files=files,
        typed=request.POST,
    )


def _address(page: str, named: dict[str, Any]) -> str:
    """The page's address with as many of the view's arguments as it has itself."""
    arguments = list(named.values())
    while True:
        try:
            return reverse(page, args=arguments)
        except NoReverseMatch:
            if not arguments:
                raise
            arguments.pop()


def _form_again(request: DeskRequest, address: str, refusal: Refusal) -> HttpResponse:
    shown = copy.copy(request)
    shown.method, shown.path, shown.path_info = "GET", address, address
    shown.META = {**request.META, "QUERY_STRING": ""}
    shown.GET, shown.POST = QueryDict(), QueryDict()
    shown.refusal = refusal  # type: ignore[attr-defined]
    view, arguments, named = resolve(address)
    response: HttpResponse = view(shown, *arguments, **named)
    response.status_code = STATUS
    return response
