"""Leave that is asked for: whoever may decide hears of it, with all that waits for them in one message."""

from datetime import datetime

from django.db import transaction

from vonggac.duty import messages
from vonggac.duty.models import Leave, LeaveState
from vonggac.duty.queries import leaves
from vonggac.duty.services import members
from vonggac.duty.services.members import Span
from vonggac.flows import leave_repair
from vonggac.flows.local_times import clock
from vonggac.flows.local_times import span as told
from vonggac.register.models import Person


@transaction.atomic
def ask(member_id: int, span: Span, kind: str, *, by: Person, may_assign: bool, at: datetime) -> Leave:
    """The leave: granted by who may decide about it, else asked for, and told to those who may."""
    member = members.member(member_id)
    if leaves.may_decide(by, member, may_assign=may_assign):
        return members.ask_leave(
            member_id, span, kind, granted_by=by.name, is_alone=leaves.is_alone(by, member), at=at
        )  # fmt: skip
    leave = members.ask_leave(member_id, span, kind, at=at)
    waiting = Leave.objects.select_related("member").filter(
        org_path=member.org_path, state=LeaveState.ASKED, to_utc__gt=at
    )
    lines = [f"- {one.member.name}: {told(one.from_utc, one.to_utc)}" for one in waiting.order_by("from_utc", "pk")]
    subject = f"[Vọng Gác] {len(lines)} đơn xin nghỉ chờ quyết định"
    now_on = leave_repair.running(leave, at=at)
    urgent = [f"{member.name} đang trực tại {now_on.post.name} đến {clock(now_on.to_utc)}."] if now_on else []
    asked = f"{member.name} vừa xin nghỉ. Đang chờ quyết định:"
    body = "\n".join([*urgent, asked, *lines, "", "Mở Lịch trực → Người trực."])
    messages.notify_all(
        [messages.Draft(member.organisation, subject, body, one.email) for one in leaves.deciders(member) if one.email],
        at=at,
    )
    return leave
