"""Tags of forms: inputs of files with their limits, and of days and hours as the desk writes them."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from django import template
from django.conf import settings
from django.forms.utils import flatatt
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from vonggac.desk.times import local, typed_day, typed_moment
from vonggac.formats.limits import MEBIBYTE

register = template.Library()
DAY_PATTERN = r"\d{1,2}[\/.\-]\d{1,2}[\/.\-]\d{4}|\d{8}|\d{4}-\d{2}-\d{2}"
MOMENT_PATTERN = rf"({DAY_PATTERN})( +|T)\d{{1,2}}:\d{{2}}"
DUE_PATTERN = rf"{MOMENT_PATTERN}|{DAY_PATTERN}"


@register.simple_tag
def file_field(name: str, accept: str = "", *, multiple: bool = False, required: bool = True) -> SafeString:
    """The input that takes files, over a face of its own: a browser words its own in its language, not the page's.

    The native input lies unseen over the face and keeps everything that it can do: keyboard, dropping files, what it
    says of them to those who hear the page. Without scripts nobody could write the names down, so it shows itself.
    What is beyond the limits of a request is refused before any page is asked, so the browser says it beforehand.
    """
    most_files, most_bytes = settings.DATA_UPLOAD_MAX_NUMBER_FILES, settings.VONGGAC_UPLOAD_BYTES
    limits = {"files": most_files, "size": most_bytes // MEBIBYTE}
    attributes: dict[str, Any] = {
        "type": "file", "name": name, "multiple": multiple, "required": required,
        "data-most-files": str(most_files), "data-most-bytes": str(most_bytes),
        "data-too-much": _("At most %(files)d files and %(size)d MiB at once: hand them in in parts.") % limits,
    }  # fmt: skip
    if accept:
        attributes["accept"] = accept
    choose, none = (_("Choose files"), _("No files chosen")) if multiple else (_("Choose a file"), _("No file chosen"))
    return format_html(
        '<span class="file"><input{}><span class="file-face" aria-hidden="true">'
        '<span class="file-choose">{}</span><span class="file-names" data-none="{}">{}</span></span></span>',
        flatatt(attributes), choose, none, none,
    )  # fmt: skip


@register.simple_tag
def day_field(name: str, value: date | str | None = "", **attributes: object) -> SafeString:
    """The input of a day, the day before the month in whatever language the browser speaks.

    `<input type="date">` shows the order of the browser's language, not the page's: 04/05 and 05/04 side by side.
    """
    written = _written(value, typed_day, "%d/%m/%Y")
    return _text_field(name, written, _("dd/mm/yyyy"), DAY_PATTERN, attributes)


@register.simple_tag
def moment_field(name: str, value: datetime | str | None = "", **attributes: object) -> SafeString:
    """The input of a day with its hour, on Hà Nội's clock."""
    written = _written(value, typed_moment, "%d/%m/%Y %H:%M")
    return _text_field(name, written, _("dd/mm/yyyy hh:mm"), MOMENT_PATTERN, attributes)


@register.simple_tag
def due_field(name: str, value: datetime | None = None, **attributes: object) -> SafeString:
    """The input of a due time as `directive_fields.moment_from` reads it: a day without an hour means its end."""
    at = local(value) if value else None
    if at and at.time() == time():
        written = format(at - timedelta(days=1), "%d/%m/%Y")
    else:
        written = _written(value, typed_moment, "%d/%m/%Y %H:%M")
    return _text_field(name, written, _("dd/mm/yyyy, with hh:mm if need be"), DUE_PATTERN, attributes)


def _text_field(name: str, written: str, shape: str, pattern: str, attributes: Mapping[str, object]) -> SafeString:
    plain = {
        "name": name, "value": written, "placeholder": shape, "title": shape, "pattern": pattern, "class": "day",
        "autocomplete": "off", "maxlength": "20",
    }  # fmt: skip
    more = {key.replace("_", "-"): value for key, value in attributes.items() if value not in (None, "")}
    return format_html("<input{}>", flatatt({**plain, **more}))


def _written(value: date | str | None, read: Callable[[str], date], shape: str) -> str:
    """The value as the field shows it; what somebody typed and nobody can read stays as it is."""
    if isinstance(value, str):
        try:
            value = read(value)
        except ValueError:
            return str(value)
    if value is None:
        return ""
    return format(local(value) if isinstance(value, datetime) else value, shape)
