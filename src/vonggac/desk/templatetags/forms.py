"""Tags of forms: files that come back when they are refused, what was typed before, days as the desk writes them."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from django import template
from django.conf import settings
from django.forms.utils import flatatt
from django.http import HttpRequest
from django.template import Context
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from vonggac.desk import handing_in
from vonggac.desk.handing_in import Refusal
from vonggac.desk.retelling import retold
from vonggac.desk.times import local, typed_day, typed_moment
from vonggac.formats.limits import MEBIBYTE

register = template.Library()
DAY_PATTERN = r"\d{1,2}[\/.\-]\d{1,2}[\/.\-]\d{4}|\d{8}|\d{4}-\d{2}-\d{2}"
MOMENT_PATTERN = rf"({DAY_PATTERN})( +|T)\d{{1,2}}:\d{{2}}"
DUE_PATTERN = rf"{MOMENT_PATTERN}|{DAY_PATTERN}"


@register.simple_tag(takes_context=True)
def refusal_of(context: Context, form: str = "") -> Refusal | None:
    """The refusal of this form of the page, None where it was not refused."""
    request: HttpRequest | None = context.get("request")
    found = handing_in.of(request) if request else None
    return found if found and found.is_of(form) else None


@register.simple_tag(takes_context=True)
def typed(context: Context, name: str, form: str = "") -> str:
    """What stood in a field of the refused form."""
    found = refusal_of(context, form)
    return found.typed.get(name, "") if found else ""


@register.simple_tag(takes_context=True)
def field_state(context: Context, name: str, form: str = "") -> SafeString:
    """The attributes of the field to mend: it gets the keyboard, and names the reason as its description."""
    found = refusal_of(context, form)
    if found is None or found.field != name:
        return SafeString("")
    return format_html(' aria-invalid="true" aria-describedby="{}" autofocus', _identifier(name, form))


@register.simple_tag(takes_context=True)
def file_field(
    context: Context, name: str, accept: str = "", form: str = "", *, multiple: bool = False, required: bool = True
) -> SafeString:
    """The input that takes files.

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
    if not form:
        attributes["id"] = name
    return format_html("<input{}{}>", flatatt(attributes), field_state(context, name, form))


@register.simple_tag(takes_context=True)
def refused(context: Context, name: str, form: str = "") -> SafeString:
    """Why a field was refused, to stand right behind it; of files also which ones have to be chosen again."""
    found = refusal_of(context, form)
    if found is None or found.field != name:
        return SafeString("")
    files = format_html_join(", ", "<b>{}</b>", ((each,) for each in found.files))
    again = format_html('<br><span class="small">{} {}</span>', _("Choose again:"), files) if files else ""
    return format_html(
        '<p class="complaint" role="alert" id="{}">{}{}</p>', _identifier(name, form), retold(found.reason), again
    )


@register.simple_tag(takes_context=True)
def day_field(
    context: Context, name: str, value: date | str | None = "", form: str | None = None, **attributes: object
) -> SafeString:
    """The input of a day, the day before the month in whatever language the browser speaks.

    `<input type="date">` shows the order of the browser's language, not the page's: 04/05 and 05/04 side by side.
    """
    state = "" if form is None else field_state(context, name, form)
    written = _written(value, typed_day, "%d/%m/%Y")
    return _text_field(name, written, _("dd/mm/yyyy"), DAY_PATTERN, attributes, state)


@register.simple_tag(takes_context=True)
def moment_field(
    context: Context, name: str, value: datetime | str | None = "", form: str | None = None, **attributes: object
) -> SafeString:
    """The input of a day with its hour, on Hà Nội's clock."""
    state = "" if form is None else field_state(context, name, form)
    written = _written(value, typed_moment, "%d/%m/%Y %H:%M")
    return _text_field(name, written, _("dd/mm/yyyy hh:mm"), MOMENT_PATTERN, attributes, state)


@register.simple_tag
def due_field(name: str, value: datetime | None = None, **attributes: object) -> SafeString:
    """The input of a due time as `directive_fields.moment_from` reads it: a day without an hour means its end."""
    at = local(value) if value else None
    if at and at.time() == time():
        written = format(at - timedelta(days=1), "%d/%m/%Y")
    else:
        written = _written(value, typed_moment, "%d/%m/%Y %H:%M")
    return _text_field(name, written, _("dd/mm/yyyy, with hh:mm if need be"), DUE_PATTERN, attributes, "")


def _text_field(
    name: str, written: str, shape: str, pattern: str, attributes: Mapping[str, object], state: str
) -> SafeString:
    plain = {
        "name": name, "value": written, "placeholder": shape, "title": shape, "pattern": pattern, "class": "day",
        "autocomplete": "off", "maxlength": "20",
    }  # fmt: skip
    more = {key.replace("_", "-"): value for key, value in attributes.items() if value not in (None, "")}
    return format_html("<input{}{}>", flatatt({**plain, **more}), state)


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


def _identifier(name: str, form: str) -> str:
    return "-".join(filter(None, ("refused", form, name)))
