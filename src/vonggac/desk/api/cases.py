"""Cases: listed by due time, read, acknowledged, claimed, disputed."""

from ninja import File, Form, Path, Query, Router
from ninja.files import UploadedFile

from vonggac.cases import evidence, queries, services
from vonggac.cases.models import Evidence
from vonggac.cases.queries import Key, Selection
from vonggac.cases.services import Answer as Said
from vonggac.desk.api.access import ApiRequest
from vonggac.desk.api.schemas import Answer, CaseOut, CasePage, CaseQuery, EvidenceOut, Identifier, UnitsWord
from vonggac.errors import InputError, OutOfScope
from vonggac.flows import acknowledgement
from vonggac.jobs.clock import now
from vonggac.register.rules import Act

router = Router(tags=["cases"])
VIA = "api"


@router.get("", response=CasePage, summary="Cases by due time")
def cases(request: ApiRequest, query: Query[CaseQuery]) -> CasePage:
    """The unfinished cases of the token's subtree (or those of one state), the next due first.

    `after` is the `next` of the page before.
    """
    selection = Selection(states=frozenset({query.state})) if query.state else Selection()
    page = queries.inbox(selection, after=_key(query.after), rows=query.rows)
    shown = [CaseOut.of(case) for case in page.cases]
    return CasePage(cases=shown, next=str(page.following) if page.following else None)


@router.get("/{case_id}", response=CaseOut, summary="One case")
def case(request: ApiRequest, case_id: Path[Identifier]) -> CaseOut:
    """One case as it stands."""
    return CaseOut.of(queries.one(case_id))


@router.post("/{case_id}/acknowledge", response=CaseOut, summary="Acknowledge")
def acknowledge(request: ApiRequest, case_id: Path[Identifier], word: Query[UnitsWord]) -> CaseOut:
    """The case, acknowledged by its organisation; a second time changes nothing.

    A token of an office above the organisation has to say whose word it passes on (`by`, `via`).
    """
    request.auth.need(Act.WORK)
    case = queries.one(case_id)
    done = acknowledgement.enter(case, name=request.auth.name, via=VIA, word=word.word, at=now())
    return CaseOut.of(done)


@router.post("/{case_id}/claim", response=CaseOut, summary="Claim done")
def claim(request: ApiRequest, case_id: Path[Identifier], answer: Answer) -> CaseOut:
    """The case with the owner's word that the work is done; observation decides whether it is proven.

    A token of an office above the organisation has to say whose word it passes on (`by`, `via`).
    """
    request.auth.need(Act.WORK)
    return CaseOut.of(services.claim(case_id, _said(request, case_id, answer), at=now()))


@router.post("/{case_id}/claim-with-evidence", response=CaseOut, summary="Claim done, with files")
def claim_with_evidence(
    request: ApiRequest, case_id: Path[Identifier], answer: Form[Answer], files: File[list[UploadedFile]]
) -> CaseOut:
    """The case claimed as by `claim`, with the files that show it: all of it or, where one file is refused, nothing.

    Kinds and sizes are those of the desk; the same file again is kept once.
    """
    request.auth.need(Act.WORK)
    said = _said(request, case_id, answer)
    _kept(request, case_id, files)
    return CaseOut.of(services.claim(case_id, said, at=now()))


@router.get("/{case_id}/evidence", response=list[EvidenceOut], summary="Evidence of a case")
def evidence_of(request: ApiRequest, case_id: Path[Identifier]) -> list[EvidenceOut]:
    """The files handed in for the case, the oldest first."""
    return [EvidenceOut.of(one) for one in queries.one(case_id).evidence.order_by("pk")]


@router.post("/{case_id}/evidence", response={201: list[EvidenceOut]}, summary="Hand in evidence")
def hand_in_evidence(
    request: ApiRequest, case_id: Path[Identifier], files: File[list[UploadedFile]]
) -> list[EvidenceOut]:
    """The files as kept: all of them or, where one is refused, none."""
    request.auth.need(Act.WORK)
    return [EvidenceOut.of(one) for one in _kept(request, case_id, files)]


@router.post("/{case_id}/dispute", response=CaseOut, summary="Dispute")
def dispute(request: ApiRequest, case_id: Path[Identifier], answer: Answer) -> CaseOut:
    """The case, sent back because the host is said to be another organisation's.

    A token of an office above the organisation has to say whose word it passes on (`by`, `via`).
    """
    request.auth.need(Act.WORK)
    return CaseOut.of(services.dispute(case_id, _said(request, case_id, answer), at=now()))


def _said(request: ApiRequest, case_id: int, said: Answer) -> Said:
    case = queries.one(case_id)
    return acknowledgement.answer(case, said.text.strip(), name=request.auth.name, via=VIA, word=said.word)


def _kept(request: ApiRequest, case_id: int, files: list[UploadedFile]) -> list[Evidence]:
    at, by = now(), request.auth.name
    return [evidence.add(case_id, file.name or "", evidence.read(file), by=by, at=at) for file in files]


def _key(after: str) -> Key | None:
    """The key of a cursor; one that is not ours leads to a page that does not exist."""
    try:
        key = Key.read(after) if after else None
    except InputError as error:
        raise OutOfScope(str(error)) from None
    if key is not None and (not 0 <= key.identifier < 2**63 or (key.due_at and key.due_at.tzinfo is None)):
        raise OutOfScope("this page of the list does not exist; open the list from its start")
    return key
