"""The first steps of a new desk, in order, each with whether it is done: register, directive, roster, list, logs."""

from dataclasses import dataclass, replace
from typing import NamedTuple

from django.conf import settings
from django.db.models import Exists
from django.urls import reverse
from django.utils.translation import gettext_lazy

from vonggac.botnet.models import BotnetList
from vonggac.desk.words import Word
from vonggac.directives.models import Directive, DirectiveState
from vonggac.duty.models import Shift
from vonggac.flows.uploads import lake
from vonggac.lake.store import Scope
from vonggac.register.access import Access
from vonggac.register.models import Network, Organisation
from vonggac.register.rules import Act


class _Kind(NamedTuple):
    """A step as every desk has it: its words, the page where it is done, and the right that it takes."""

    title: Word
    text: Word
    button: Word
    page: str
    right: Act


@dataclass(frozen=True, slots=True)
class Step:
    """A step as this person finds it; `is_next` marks the first that is left."""

    kind: _Kind
    is_done: bool
    may: bool
    is_next: bool = False

    @property
    def address(self) -> str:
        """Where it is done."""
        return reverse(self.kind.page)


REGISTER = _Kind(
    gettext_lazy("Enter your register"),
    gettext_lazy("Organisations, people, networks, assets and sensors: who answers for which address."),
    gettext_lazy("Open the register"), "register", Act.IMPORT,
)  # fmt: skip
ROSTER = _Kind(
    gettext_lazy("Make your posts and their roster"),
    gettext_lazy("A post with its shifts, who stands there, then a roster: the desk plans it, or you import yours."),
    gettext_lazy("Make posts"), "posts", Act.ASSIGN,
)  # fmt: skip
DIRECTIVE = _Kind(
    gettext_lazy("Open your directive"),
    gettext_lazy("Upload the document (.docx, .pdf, .txt): the desk reads it, you confirm."),
    gettext_lazy("Upload a directive"), "directives-upload", Act.ASSIGN,
)  # fmt: skip
LIST = _Kind(
    gettext_lazy("Import a botnet list"),
    gettext_lazy("Every listed address finds its owner and becomes a case."),
    gettext_lazy("Hand a list in"), "lists", Act.IMPORT,
)  # fmt: skip
LOGS = _Kind(
    gettext_lazy("Hand in logs"),
    gettext_lazy("Traffic logs and heartbeats of your sensors: without them nobody is proven clean."),
    gettext_lazy("Logs and sensors"), "logs", Act.IMPORT,
)  # fmt: skip
# In an exercise the dispatch lies ready, and each next day brings lists, claims and logs.
EXERCISED: dict[_Kind, _Kind] = {
    DIRECTIVE: DIRECTIVE._replace(
        text=gettext_lazy("An invented dispatch lies ready: the desk reads it, you confirm."),
        button=gettext_lazy("To the dispatch"), page="exercise-start",
    ),
    LIST: LIST._replace(
        text=gettext_lazy("It comes with the next day of the exercise; listed addresses become cases."),
        button=gettext_lazy("To the next day"), page="exercise-start", right=Act.ADMINISTER,
    ),
    LOGS: LOGS._replace(
        text=gettext_lazy("They come day by day; after a week of watching hosts are proven clean."),
        button=gettext_lazy("To the next day"), page="exercise-start", right=Act.ADMINISTER,
    ),
}  # fmt: skip


def of(access: Access) -> list[Step]:
    """The steps, one query; none once all are done, and none for somebody who may take no step that is left."""
    steps = [Step(kind, is_done, access.may(kind.right)) for kind, is_done in zip(_kinds(), _done(access), strict=True)]
    if not any(step.may and not step.is_done for step in steps):
        return []
    following = next(place for place, step in enumerate(steps) if step.may and not step.is_done)
    steps[following] = replace(steps[following], is_next=True)
    return steps


def _done(access: Access) -> tuple[bool, bool, bool, bool, bool]:
    """Whether the scope holds networks, a confirmed directive, shifts, an imported list, and logs."""
    has_networks, has_directive, has_shifts, has_list = (
        Organisation.objects.filter(pk=access.organisation.pk)
        .values_list(
            Exists(Network.objects.all()),
            Exists(Directive.objects.exclude(state=DirectiveState.DRAFT)),
            Exists(Shift.objects.all()),
            Exists(BotnetList.objects.filter(imported_at__isnull=False)),
        )
        .get()
    )
    return has_networks, has_directive, has_shifts, has_list, lake().holds_logs(Scope(*access.scope.bounds))


def _kinds() -> list[_Kind]:
    steps = (REGISTER, DIRECTIVE, ROSTER, LIST, LOGS)
    return [EXERCISED.get(kind, kind) if settings.VONGGAC_IS_EXERCISE else kind for kind in steps]
