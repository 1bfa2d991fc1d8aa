"""What a person does with a case: each form one act of `cases.services`, then back to where they were."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from vonggac.cases import evidence, services
from vonggac.cases.models import Case
from vonggac.cases.rules import State
from vonggac.cases.services import Answer
from vonggac.desk import frame as frames
from vonggac.desk import handing_in, timeline, times
from vonggac.desk.actions import RIGHTS
from vonggac.desk.handing_in import FieldProblem, in_field
from vonggac.desk.pages.cases import colleagues
from vonggac.desk.requests import DeskRequest
from vonggac.desk.retelling import retold
from vonggac.desk.times import typed_moment
from vonggac.errors import InputError, WrongState
from vonggac.flows import acknowledgement, directive
from vonggac.flows.acknowledgement import Word
from vonggac.flows.proof.registry import rule_exists
from vonggac.kernel.numbers import whole_number
from vonggac.ledger.models import Entry
from vonggac.register import queries as register
from vonggac.register.rules import Act

# What is told of one case whose page is old.
SINCE_SHOWN = 5


class Form:
    """What was filled in, who did it and when."""

    def __init__(self, request: DeskRequest) -> None:
        self.request = request
        self.person = request.person
        self.at = frames.of(request).now

    def text(self, name: str) -> str:
        """A field without blanks around it, "" where it was left empty."""
        return str(self.request.POST.get(name, "")).strip()

    def reason(self) -> str:
        """The reason, which must be given."""
        if not self.text("reason"):
            raise FieldProblem("reason", _("Write the reason: this step cannot be undone, and the ledger keeps it."))
        return self.text("reason")

    def answer(self, case: Case, name: str) -> Answer:
        """What the owner says: one's own word for one's own organisation, else that of somebody of the case's.

        Whoever may assign may also enter what a colleague of their own organisation said on paper.
        """
        via = self.text("via") or "desk"
        word = None if via == "desk" else self.word()
        if word is not None and not acknowledgement.is_for_another(case):
            self.request.access.need(Act.ASSIGN)
        try:
            return acknowledgement.answer(case, self.text(name), name=self.person.name, via="desk", word=word)
        except InputError as error:
            raise FieldProblem("by", str(error)) from None

    def word(self) -> Word:
        """Who said it and on which way, as far as the form was filled in."""
        return Word(self.text("by")[:200], self.text("via"))

    def due(self) -> datetime:
        """The new due time, on Hà Nội's clock as the form says."""
        try:
            return typed_moment(self.text("due"))
        except ValueError:
            raise FieldProblem("due", _("Write the new due time as a date and an hour.")) from None


@require_POST
@handing_in.comes_back_to("case")
def act(request: DeskRequest, case_id: int, act: str) -> HttpResponse:
    """Do one act and go back; a form that is refused comes back on the case's page, and nothing is changed then."""
    if act not in ACTS:
        raise Http404
    request.access.need(RIGHTS[act][1])
    case = services.locked(case_id)
    need_seen([("", case.pk, request.POST.get("seen", ""))], reader=request.access.scope.actor)
    before = services.last_move(case_id)
    said = ACTS[act](case, Form(request))
    messages.success(request, f"{_title(case)}: {said}", extra_tags=_undo_of(case_id, before))
    return HttpResponseRedirect(_back(request, case_id))


def _title(case: Case) -> str:
    """The case's title without the marks that end it: a colon follows."""
    return retold(case.title).rstrip(" .,:;…")


def _undo_of(case_id: int, before: Entry | None) -> str:
    """Where the move that was made since is taken back at once, "" where none was or it is not."""
    made = services.last_move(case_id)
    if made is None or made == before or made.act.removeprefix("case.") not in services.UNDONE:
        return ""
    return reverse("case-undo", args=[case_id, made.pk])


@require_POST
@handing_in.comes_back_to("case")
def undo(request: DeskRequest, case_id: int, entry_id: int) -> HttpResponse:
    """The acknowledgement or answer of this entry taken back, and no other: what stood before it stands again."""
    request.access.need(Act.WORK)
    case = services.undo(case_id, entry_id, at=frames.of(request).now)
    messages.success(request, f"{_title(case)}: {_('it is undone; what stood before stands again')}")
    return HttpResponseRedirect(_back(request, case_id))


def need_seen(seen: Iterable[tuple[str, int, str]], *, reader: str) -> None:
    """Refuse an act on cases that others changed after the page was made, with what they did.

    Each case is given by its name on the page, its number and what the page had seen. The page comes back as it is now
    and as it was filled in: sent once more, it is done. One's own acts in another window stop nobody, nor does a form
    that does not say what it had seen.
    """
    changed = []
    for name, case_id, number in seen:
        last = whole_number(number)
        since = timeline.since("case", case_id, last, reader=reader) if last is not None else []
        changed += [f"{name}{_told(moment)}" for moment in since[:SINCE_SHOWN]]
    if changed:
        said = _("Nothing was done yet: others changed this after you opened the page. Act again if it still holds.")
        raise WrongState(" · ".join([said, *changed]))


def _told(moment: timeline.Moment) -> str:
    return ", ".join(filter(None, (moment.what, moment.who, times.full(moment.at))))


def _back(request: DeskRequest, case_id: int) -> str:
    """The list that the button stood in, else the case."""
    wanted = request.POST.get("next", "")
    if wanted and url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return reverse("case", args=[case_id])


def _acknowledge(case: Case, form: Form) -> str:
    if case.state != State.SENT:
        return _("was acknowledged before; nothing changed")
    acknowledgement.enter(case, name=form.person.name, via="desk", word=form.word(), at=form.at)
    return _("acknowledged")


def _start(case: Case, form: Form) -> str:
    services.start(case.pk, at=form.at, person=form.person)
    return _("in your hands now")


def _claim(case: Case, form: Form) -> str:
    answer = form.answer(case, "text")
    if not answer.text:
        raise FieldProblem("text", _("Write in a sentence what was done."))
    _evidence(case, form)
    services.claim(case.pk, answer, at=form.at)
    if not rule_exists(case.rule):
        return _("claimed done; there is no proof rule for this kind of work yet, so the claim stands alone")
    return _("claimed done; observation is asked from now on")


def _evidence(case: Case, form: Form) -> str:
    files = form.request.FILES.getlist("files")
    for file in files:
        evidence.add(case.pk, file.name or "", evidence.read(file), by=form.person.name, at=form.at)
    return _("%(n)d files kept") % {"n": len(files)}


def _add_evidence(case: Case, form: Form) -> str:
    handing_in.chosen(form.request, "files")
    return _evidence(case, form)


def _dispute(case: Case, form: Form) -> str:
    services.dispute(case.pk, form.answer(case, "reason"), at=form.at)
    return _("disputed; it goes back to the register")


def _refuse(case: Case, form: Form) -> str:
    services.refuse(case.pk, form.answer(case, "reason"), at=form.at)
    return _("answered with “cannot comply”")


def _withdraw(case: Case, form: Form) -> str:
    reason = form.text("reason") or _("claim taken back by %(name)s") % {"name": form.person.name}
    services.withdraw(case.pk, reason, at=form.at)
    return _("the claim is taken back")


def _hand_over(case: Case, form: Form) -> str:
    chosen = next((one for one in colleagues(case.org_path) if str(one.pk) == form.text("person")), None)
    if chosen is None:
        raise FieldProblem("person", _("Choose who takes the case over; they need a role on its organisation."))
    services.hand_over(case.pk, chosen, at=form.at, note=form.text("note"))
    return _("handed over to %(name)s") % {"name": chosen.name}


def _settle(case: Case, form: Form) -> str:
    code = form.text("organisation")
    owner = register.organisations().filter(code=code).first() if code else None
    if code and owner is None:
        raise FieldProblem("organisation", _("There is no organisation with the code %(code)s.") % {"code": code})
    directive.settle(case.pk, owner, form.reason(), at=form.at)
    return _("sent to %(name)s") % {"name": (owner or case.organisation).name}


def _extend(case: Case, form: Form) -> str:
    due_at, reason = form.due(), form.reason()
    with in_field("due"):
        services.extend(case.pk, due_at, reason, at=form.at)
    return _("due time moved")


def _reopen(case: Case, form: Form) -> str:
    services.reopen(case.pk, form.reason(), at=form.at)
    return _("reopened")


def _close(case: Case, form: Form) -> str:
    services.close(case.pk, form.reason(), at=form.at)
    return _("closed")


ACTS: Mapping[str, Callable[[Case, Form], str]] = {
    "acknowledge": _acknowledge,
    "start": _start,
    "claim": _claim,
    "evidence": _add_evidence,
    "dispute": _dispute,
    "refuse": _refuse,
    "withdraw": _withdraw,
    "hand-over": _hand_over,
    "settle": _settle,
    "extend": _extend,
    "reopen": _reopen,
    "close": _close,
}
