"""An organisation acknowledges what it was sent, from the link in its message, without signing in."""

from datetime import datetime

from vonggac.cases import services as cases
from vonggac.cases.models import Case
from vonggac.duty import links
from vonggac.duty.models import Link
from vonggac.tenancy.scope import Scope, scoped, system


def show(secret: str, *, at: datetime) -> tuple[Link, list[Case]]:
    """What the link would acknowledge; nothing is changed, because mail scanners open every link."""
    with scoped(system("link")):
        link = links.shown(secret, "acknowledge", at=at)
        # Within the organisation that was written to: a case that went to another one is no business of theirs.
        with scoped(Scope(f"link:{link.pk}", link.org_path)):
            return link, list(Case.objects.filter(pk__in=link.subjects.get("case", [])).order_by("pk"))


def acknowledge(secret: str, *, by: str, at: datetime) -> Link:
    """The link, used up, with every case behind it acknowledged under the name that was given."""
    with scoped(system("link")):
        link = links.redeemed(secret, "acknowledge", at=at)
        with scoped(Scope(f"link:{link.pk}", link.org_path)):
            for case_id in Case.objects.filter(pk__in=link.subjects.get("case", [])).values_list("pk", flat=True):
                cases.acknowledge(case_id, at=at, by=by, via="link")
    return link
