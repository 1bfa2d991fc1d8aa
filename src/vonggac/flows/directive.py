"""A directive comes in on paper and becomes work: read, confirmed, bound, told to everybody it binds."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from vonggac.cases import services as cases
from vonggac.directives import obligations, services
from vonggac.directives.models import Obligation
from vonggac.directives.services import Entering
from vonggac.duty import links, messages
from vonggac.register.models import Organisation


@transaction.atomic
def confirm(directive_id: int, entering: Entering, *, at: datetime) -> list[Obligation]:
    """The obligations of the directive that was entered now, each sent to its organisation with one message."""
    services.enter(directive_id, entering, at=at)
    made = obligations.bind(directive_id, at=at)
    tell(made, at=at)
    return made


@transaction.atomic
def forward(obligation_id: int, units: Sequence[Organisation], *, at: datetime) -> list[Obligation]:
    """The obligations passed on to units below, each told."""
    made = obligations.forward(obligation_id, units, at=at)
    tell(made, at=at)
    return made


@transaction.atomic
def extend(directive_id: int, due_at: datetime, reason: str, *, at: datetime) -> int:
    """The number of open obligations that got the later due time."""
    services.extend(directive_id, due_at, reason, at=at)
    still_open = obligations.open_of(directive_id)
    for obligation in still_open:
        cases.extend(obligation.case_id, due_at, reason, at=at)
    return len(still_open)


@transaction.atomic
def recall(directive_id: int, reason: str, *, at: datetime) -> int:
    """The number of open obligations closed because the directive was recalled."""
    services.recall(directive_id, reason, at=at)
    return obligations.withdraw(obligations.open_of(directive_id), reason, at=at)


@transaction.atomic
def supersede(old_id: int, new_id: int, *, at: datetime) -> int:
    """The number of the old directive's open obligations closed because the new one stands in for it."""
    new = services.supersede(old_id, new_id, at=at)
    return obligations.withdraw(obligations.open_of(old_id), f"{new}", at=at)


def tell(made: Sequence[Obligation], *, at: datetime) -> None:
    """One message an organisation with all its new obligations, and a link that acknowledges them."""
    by_organisation: dict[int, list[Obligation]] = defaultdict(list)
    for obligation in made:
        by_organisation[obligation.organisation_id].append(obligation)
    for group in by_organisation.values():
        _tell_one(group, at)


def _tell_one(group: Sequence[Obligation], at: datetime) -> None:
    organisation, directive = group[0].organisation, group[0].directive
    link = links.acknowledgement(organisation, {"case": [obligation.case_id for obligation in group]}, at=at)
    lines = [
        f"{organisation.name} có {len(group)} nhiệm vụ mới theo văn bản {directive}:",
        "",
        *(
            f"- {obligation.clause.label}: {obligation.clause.heading or obligation.clause.text}"
            for obligation in group
        ),
        "",
        f"Xác nhận đã tiếp nhận (không cần đăng nhập, dùng một lần): {link}",
    ]
    messages.notify(organisation, f"[Vọng Gác] {directive}: {len(group)} nhiệm vụ mới", "\n".join(lines), at=at)
