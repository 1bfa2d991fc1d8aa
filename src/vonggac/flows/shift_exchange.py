"""A shift passes from one person to another: asked, taken where no rule stands against it, published at once.

Nobody has to consent who is not concerned: a colleague who takes a night over at 22:00 does not wait for an office that
opens at 07:30. The checker consents, the lead hears of it, and the next version says who stood where before.
"""

from datetime import datetime
from urllib.parse import urlencode

from django.conf import settings
from django.db import transaction

from vonggac.duty import messages, queries
from vonggac.duty.models import Exchange, Member, Post
from vonggac.duty.queries import exchanges, leaves
from vonggac.duty.queries.exchanges import Setting
from vonggac.duty.services import exchanges as services
from vonggac.duty.services import publishing
from vonggac.errors import NotPermitted, OutOfScope, WrongState
from vonggac.flows import roster as publication
from vonggac.flows.local_times import span
from vonggac.flows.roster import Naming
from vonggac.register.models import Person

MOST_ASKED = 30


@transaction.atomic
def ask(shift_id: int, person: Person, note: str = "", *, wanted_id: int | None = None, at: datetime) -> Exchange:
    """The request of a person about their own shift; whoever may take it on is written to, a letter each."""
    shift = queries.shift(shift_id)
    if shift.member is None or shift.member.person_id != person.pk:
        raise NotPermitted("this is somebody else's shift")
    wanted = queries.shift(wanted_id) if wanted_id is not None else None
    exchange = services.ask(shift, note, wanted=wanted, at=at)
    if exchange.asked_at == at:
        _tell_those_who_may(exchange, at)
    return exchange


def _tell_those_who_may(exchange: Exchange, at: datetime) -> None:
    if exchange.colleague is not None:
        able = [exchange.colleague]
    else:
        setting = exchanges.around(exchange, at)
        able = [offer.member for offer in exchanges.covers(setting, exchange.slot, exchange.asker)]
    addresses = [one.person.email for one in able if one.person and one.person.is_active and one.person.email]
    body = _body(exchange)
    if not able:
        # Whoever makes rosters moves somebody first; a request that nobody hears of would wait for ever.
        addresses = [one.email for one in responsible(exchange.post, exchange.asker) if one.email]
        body = _body_for_lead(exchange)
    drafts = [messages.Draft(exchange.post.organisation, _subject(exchange), body, to) for to in addresses[:MOST_ASKED]]
    if drafts:
        messages.notify_all(drafts, at=at)


def responsible(post: Post, asker: Member) -> list[Person]:
    """Who helps where no colleague may take a shift: the post's lead, else whoever decides for its office."""
    return [post.active_lead] if post.active_lead else leaves.deciders(asker)


def _body_for_lead(exchange: Exchange) -> str:
    asked = urlencode({"slot": exchange.slot, "instead": exchange.asker_id})
    return "\n".join(
        [
            f"{exchange.asker.name}, vị trí {exchange.post.name}: {span(exchange.from_utc, exchange.to_utc)}.",
            *([f"Lời nhắn: {exchange.note}"] if exchange.note else []),
            "Theo quy tắc chưa đồng nghiệp nào trực thay được: cần người lập lịch xếp lại.",
            "",
            f"Ai trực được, ai vướng gì: {settings.VONGGAC_ORIGIN}/roster/step-in/?{asked}",
        ]
    )


def _subject(exchange: Exchange) -> str:
    asker = exchange.asker.name
    what = f"{asker} muốn đổi ca với anh/chị" if exchange.is_swap else f"{asker} nhờ trực thay"
    return f"[Vọng Gác] {what} · {span(exchange.from_utc, exchange.to_utc)}"


def _body(exchange: Exchange) -> str:
    lines = [f"{exchange.asker.name}, vị trí {exchange.post.name}: {span(exchange.from_utc, exchange.to_utc)}."]
    if exchange.wanted_from_utc and exchange.wanted_to_utc and exchange.wanted_post:
        given = span(exchange.wanted_from_utc, exchange.wanted_to_utc)
        lines.append(f"Đổi lấy ca của anh/chị: {given}, vị trí {exchange.wanted_post.name}.")
    if exchange.note:
        lines.append(f"Lời nhắn: {exchange.note}")
    lines += ["", f"Nhận hoặc bỏ qua tại Lịch trực → Ca của tôi: {settings.VONGGAC_ORIGIN}/roster/mine/"]
    return "\n".join(lines)


@transaction.atomic
def take(exchange_id: int, person: Person, *, at: datetime) -> Exchange:
    """The request, taken on by a person, and the next version of the roster in force; both, and the lead, hear of it.

    Raises NotPermitted for whoever was not asked, WrongState when it is too late or a rule now stands against it.
    """
    for known in Exchange.objects.select_related("post__organisation").filter(pk=exchange_id):
        publishing.lock_posts(known.post.organisation)
    exchange = services.locked(exchange_id)
    if exchange.taken_at is not None or exchange.withdrawn_at is not None:
        raise WrongState("this request is settled already")
    if min(exchange.from_utc, exchange.wanted_from_utc or exchange.from_utc) <= at:
        raise WrongState("this shift has begun; call your lead")
    taker = _taker(exchange, person)
    setting = exchanges.around(exchange, at)
    if not exchanges.still_stands(exchange, setting):
        raise WrongState("the roster has changed since this was asked; the shift is somebody else's now")
    if str(taker.pk) not in setting.plan.members:
        raise OutOfScope("you do not stand at this post")
    if setting.objection(exchange, taker):
        raise WrongState("a rule stands against it now; look at the list again")
    _lay(exchange, taker, person, setting, at)
    services.note_taken(exchange, taker, at=at)
    _tell_lead(exchange, taker, at)
    return exchange


def _taker(exchange: Exchange, person: Person) -> Member:
    if exchange.colleague is not None:
        if exchange.colleague.person_id != person.pk:
            raise NotPermitted("this was asked of somebody else")
        return exchange.colleague
    member = Member.objects.filter(person=person, organisation=exchange.post.organisation).order_by("pk").first()
    if member is None or member.pk == exchange.asker_id:
        raise OutOfScope("you are not on the duty list of this office")
    return member


def _lay(exchange: Exchange, taker: Member, person: Person, setting: Setting, at: datetime) -> None:
    asker = exchange.asker.name
    name = f"{taker.name} đổi ca {asker}" if exchange.is_swap else f"{taker.name} nhận trực thay {asker}"
    naming = Naming(name, "exchange", name)
    publication.change_in_force(setting.plan, exchanges.change_of(exchange, taker), naming, by=person, at=at)


def _tell_lead(exchange: Exchange, taker: Member, at: datetime) -> None:
    post = exchange.post
    lead = post.active_lead
    if lead is None or not lead.email:
        return
    asker = exchange.asker.name
    what = f"{taker.name} đổi ca với {asker}" if exchange.is_swap else f"{taker.name} nhận trực thay {asker}"
    subject = f"[Vọng Gác] {what} · {post.name}"
    body = f"Ca {span(exchange.from_utc, exchange.to_utc)}. Không vướng quy tắc nào; lịch trực đã đổi theo."
    messages.notify(messages.Draft(post.organisation, subject, body, lead.email), at=at)


@transaction.atomic
def withdraw(exchange_id: int, person: Person, *, may_plan: bool, at: datetime) -> None:
    """The request, taken back by who asked, declined by the colleague who was asked, or ended by who plans."""
    exchange = services.locked(exchange_id)
    concerned = {exchange.asker.person_id, exchange.colleague.person_id if exchange.colleague else None}
    if not may_plan and person.pk not in concerned:
        raise NotPermitted("this is somebody else's request")
    services.withdraw(exchange_id, at=at)
