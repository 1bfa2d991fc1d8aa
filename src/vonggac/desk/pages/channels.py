"""The ways out beside mail: gateways for short messages, and Apprise; secrets go in and are never shown again."""

import re
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from vonggac.desk import export
from vonggac.desk import frame as frames
from vonggac.desk.handing_in import FieldProblem, comes_back_to
from vonggac.desk.requests import DeskRequest, is_whole
from vonggac.desk.retelling import retold
from vonggac.duty import contacts, mail
from vonggac.duty.channels import gateway, lines, services, templates, vault
from vonggac.duty.channels.services import Draft
from vonggac.duty.escalation import letters
from vonggac.duty.escalation.letters import Outgoing
from vonggac.duty.models import Channel, ChannelKind, Letter, Member
from vonggac.errors import OutOfScope
from vonggac.register.rules import Act

# What a channel asks of the other side stays here: an address may be a secret in itself.
COLUMNS = (
    "id",
    "name",
    "kind",
    "organisation",
    "takes_phones",
    "is_enabled",
    "tried_at_utc",
    "changed_at_utc",
    "trouble",
)
MOST_KNOWN = 200
_SECRET = re.compile(r"\s*([A-Za-z0-9_.-]{1,40})\s*=\s*(.+?)\s*")


@require_safe
def page(request: DeskRequest) -> HttpResponse:
    """The channels that serve this office, its own and those from above; its own as a file, without any secret."""
    request.access.need(Act.ADMINISTER)
    own = Channel.objects.filter(org_path__startswith=request.access.scope.org_path).order_by("org_path", "name")
    own = own.select_related("organisation")
    if kind := request.GET.get("format"):
        cells = map(_cells, own[: export.MOST_ROWS])
        return export.respond(kind, "channels", COLUMNS, cells, codes={"kind": dict(ChannelKind.choices)})
    context = {
        "own": own,
        "above": [
            c for c in services.usable(request.access.organisation) if not request.access.scope.covers(c.org_path)
        ],
        "mail_host": settings.EMAIL_HOST,
        "is_boxed": mail.is_boxed(),
    }
    return render(request, "channels/page.html", context)


def _cells(channel: Channel) -> Sequence[export.Cell]:
    return (
        channel.pk, channel.name, channel.kind, channel.organisation.name if channel.organisation else None,
        channel.takes_phones, channel.is_enabled, channel.tried_at, channel.changed_at, channel.trouble,
    )  # fmt: skip


@sensitive_post_parameters("secrets")
@require_http_methods(["GET", "POST"])
def edit(request: DeskRequest, channel_id: int | None = None, kind: str = "") -> HttpResponse:
    """One channel: what it asks of the other side, and what its success looks like."""
    request.access.need(Act.ADMINISTER)
    channel = services.one(channel_id) if channel_id else None
    form = ChannelKind(channel.kind if channel else kind) if channel or kind in ChannelKind.values else None
    if form is None:
        raise OutOfScope(_("There is no such kind of channel."))
    if request.method == "POST":
        kept = services.keep(_draft(request, channel, form), at=frames.of(request).now, channel_id=channel_id)
        messages.success(request, _("The channel is kept. Try it before anybody needs it."))
        return redirect("channel", kept.pk)
    own = _own(request, channel) if channel else []
    context = {
        "channel": channel,
        "kind": form.value,
        "label": form.label,
        "values": _values(channel, form),
        "secret_names": sorted(vault.opened(channel.secrets)) if channel and channel.secrets else [],
        "places": [*templates.PLACES, "secret:…"],
        "methods": gateway.METHODS,
        "contents": list(gateway.CONTENT_TYPES),
        "number_forms": gateway.NUMBER_FORMS,
        "own_address": next(iter(own), ""),
        "known": _known(request, channel, own) if channel else [],
    }
    return render(request, "channels/one.html", context)


def _own(request: DeskRequest, channel: Channel) -> list[str]:
    """One's own addresses that the channel reaches, those entered for it first."""
    own = [method.address for method in contacts.of(request.person) if method.channel_id == channel.pk]
    return own + contacts.numbers(request.person) if channel.takes_phones else own


def _known(request: DeskRequest, channel: Channel, own: Sequence[str]) -> list[tuple[str, str]]:
    """(address, whose): where a test of the channel may go without typing, one's own first."""
    known = dict.fromkeys(own, request.person.name)
    if channel.takes_phones:
        stand = Member.objects.filter(organisation=request.access.organisation).exclude(phone="").order_by("name")
        for member in stand[:MOST_KNOWN]:
            known.setdefault(member.phone, member.name)
    return list(known.items())


def _values(channel: Channel | None, kind: ChannelKind) -> dict[str, Any]:
    """What the form shows: the kept channel, or what most gateways want."""
    shown: dict[str, Any] = {
        "name": channel.name if channel else "",
        "is_enabled": channel is None or channel.is_enabled,
    }
    shown["takes_phones"] = channel.takes_phones if channel else kind == ChannelKind.GATEWAY
    if kind == ChannelKind.APPRISE:
        return shown | {"address": channel.settings["address"] if channel else ""}
    kept = channel.settings if channel else gateway.Gateway("https://").to_json()
    success = kept["success"]
    return (
        shown
        | {name: kept[name] for name in ("url", "method", "content", "body", "plain_letters", "longest", "number_form")}
        | {"headers": "\n".join(f"{name}: {value}" for name, value in kept["headers"].items())}
        | {"statuses": " ".join(map(str, success["statuses"]))}
        | {name: success[name] for name in ("json_path", "json_value", "pattern")}
    )


def _draft(request: DeskRequest, channel: Channel | None, kind: ChannelKind) -> Draft:
    given = request.POST
    office = channel.organisation if channel else request.access.organisation
    entered = _apprise(request) if kind == ChannelKind.APPRISE else _gateway(request)
    return Draft(
        office, given.get("name", "")[:100], kind, entered, secrets_of(given.get("secrets", "")),
        takes_phones=bool(given.get("takes_phones")), is_enabled=bool(given.get("is_enabled")),
    )  # fmt: skip


def _apprise(request: DeskRequest) -> dict[str, Any]:
    return {"address": request.POST.get("address", "")}


def _gateway(request: DeskRequest) -> dict[str, Any]:
    given = request.POST
    longest = given.get("longest", "") or "0"
    if not is_whole(longest):
        raise FieldProblem("longest", _("%(name)s has to be a whole number.") % {"name": _("longest text")})
    return {
        **{name: given.get(name, "").strip() for name in ("url", "method", "content", "number_form")},
        "headers": headers_of(given.get("headers", "")),
        "body": given.get("body", "").replace("\r\n", "\n").strip(),
        "plain_letters": bool(given.get("plain_letters")),
        "longest": int(longest),
        "success": {
            "statuses": gateway.named_statuses(given.get("statuses", "")),
            **{name: given.get(name, "").strip() for name in ("json_path", "json_value", "pattern")},
        },
    }


def headers_of(text: str) -> dict[str, str]:
    """The headers of a field, a line each; FieldProblem for what is none."""
    found = {}
    for line in text.splitlines():
        if line.strip():
            name, colon, value = line.partition(":")
            if not colon:
                raise FieldProblem("headers", _("Write each header on a line of its own, as Name: value."))
            found[name.strip()] = value.strip()
    return found


def secrets_of(text: str) -> dict[str, str]:
    """The secrets that were entered now, a line each; those that were not keep what they had."""
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            match = _SECRET.fullmatch(line)
            if match is None:
                # The line itself is not repeated: it may hold the secret.
                said = _("Line %(n)d of the secrets is not written as name=value.") % {"n": number}
                raise FieldProblem("secrets", said)
            found[match[1]] = match[2]
    return found


@require_POST
@comes_back_to("channel")
def try_out(request: DeskRequest, channel_id: int) -> HttpResponse:
    """Send one message by the channel to an address that is typed, and say what the other side answered."""
    request.access.need(Act.ADMINISTER)
    channel, at = services.one(channel_id), frames.of(request).now
    text = _("Test of the channel by %(name)s.") % {"name": request.person.name}
    letter = Letter(
        channel=channel, address=request.POST.get("address", "").strip()[:300], name=request.person.name,
        subject=f"[Vọng Gác] {text}", key=letters.key_of("try", channel.pk, at),
    )  # fmt: skip
    failure = lines.tried(channel, Outgoing(letter, text, text))
    services.note_try(channel, failure.words if failure else "", at=at)
    if failure is None:
        messages.success(request, _("The other side took the message. See that it arrives."))
    else:
        messages.warning(request, _("It did not go out: %(why)s") % {"why": retold(failure.words)})
    return redirect("channel", channel_id)


@require_POST
@comes_back_to("channel")
def remove(request: DeskRequest, channel_id: int) -> HttpResponse:
    """Remove a channel with the addresses that people have on it."""
    request.access.need(Act.ADMINISTER)
    name = services.remove(channel_id, at=frames.of(request).now)
    messages.success(request, _("“%(name)s” is removed, with the addresses that people had on it.") % {"name": name})
    return redirect("channels")
