"""What programs hand in: directives, botnet lists, traffic logs; each kept as it came before it is acknowledged."""

from django.conf import settings
from django.db import transaction
from ninja import File, Form, Path, Query, Router
from ninja.files import UploadedFile

from vonggac.botnet.models import BotnetList, Unread
from vonggac.botnet.queries import standing, unread_thing
from vonggac.botnet.services.settling import meaning
from vonggac.desk.api.access import ApiRequest
from vonggac.desk.api.schemas import (
    DirectiveOut,
    DirectivePage,
    Downwards,
    Identifier,
    ListOut,
    LogFileIn,
    LogOut,
    MeaningIn,
    MistakenLogIn,
    MistakenLogOut,
    Text,
    UnreadOut,
    UnreadPage,
    Upwards,
)
from vonggac.directives.models import Directive
from vonggac.errors import LimitExceeded, OutOfScope
from vonggac.flows import botnet_list, directive, mistaken_log, settling, traffic_log
from vonggac.jobs.clock import now
from vonggac.register.rules import Act

router = Router()


@router.get("/directives", response=DirectivePage, tags=["directives"], summary="Directives, the newest first")
def directives(request: ApiRequest, query: Query[Downwards]) -> DirectivePage:
    """The directives that the token may read; `before` is the `next` of the page before."""
    found = Directive.objects.select_related("organisation").prefetch_related("clauses").order_by("-pk")
    if query.before is not None:
        found = found.filter(pk__lt=query.before)
    page = list(found[: query.rows + 1])
    shown = [DirectiveOut.of(one) for one in page[: query.rows]]
    return DirectivePage(directives=shown, next=shown[-1].id if len(page) > query.rows else None)


@router.get("/directives/{directive_id}", response=DirectiveOut, tags=["directives"], summary="One directive")
def one_directive(request: ApiRequest, directive_id: Path[Identifier]) -> DirectiveOut:
    """One directive with its clauses."""
    found = Directive.objects.select_related("organisation").filter(pk=directive_id).first()
    if found is None:
        raise OutOfScope(f"directive {directive_id} is not among those you may read")
    return DirectiveOut.of(found)


@router.post("/directives", response={201: list[DirectiveOut]}, tags=["directives"], summary="Upload a directive")
def upload_directive(request: ApiRequest, file: File[UploadedFile]) -> list[DirectiveOut]:
    """The drafts read from a .txt, .md, .docx or .pdf; a person confirms them in the desk."""
    request.auth.need(Act.ASSIGN)
    with transaction.atomic():
        drafts = directive.receive(_content(file), _name(file), request.auth.organisation, at=now())
    return [DirectiveOut.of(draft) for draft in drafts]


@router.post("/lists", response={202: ListOut}, tags=["lists"], summary="Upload a botnet list")
def upload_list(request: ApiRequest, sender: Form[Text], file: File[UploadedFile]) -> ListOut:
    """The list as entered; the worker carries it out, and `GET /lists/{id}` tells what became of it."""
    request.auth.need(Act.IMPORT)
    at = now()
    entered = botnet_list.start(_content(file), _name(file), request.auth.organisation, sender.strip()[:100], at=at)
    if entered.imported_at is None:
        botnet_list.enqueue(entered, request.auth.scope)
    return _list(entered)


@router.get("/lists/{list_id}", response=ListOut, tags=["lists"], summary="What became of a list")
def one_list(request: ApiRequest, list_id: Path[Identifier]) -> ListOut:
    """One list with its counts and rejects."""
    return _list(_one_list(list_id))


@router.get("/lists/{list_id}/unread", response=UnreadPage, tags=["lists"], summary="What nobody could read in a list")
def unread(request: ApiRequest, list_id: Path[Identifier], query: Query[Upwards]) -> UnreadPage:
    """What stands in the list for a C2 or an address and cannot be read, with how a person settled it."""
    found = Unread.objects.filter(botnet_list=_one_list(list_id), pk__gt=query.after or 0).order_by("pk")
    page = list(found[: query.rows + 1])
    shown = page[: query.rows]
    settlings = {one.unread_id: one for one in standing().filter(unread__in=shown)}
    return UnreadPage(
        unread=[UnreadOut.of(one, settlings.get(one.pk)) for one in shown],
        next=shown[-1].pk if len(page) > query.rows else None,
    )


@router.post("/lists/unread/{unread_id}/settle", response=UnreadOut, tags=["lists"], summary="Settle what was meant")
def settle(request: ApiRequest, unread_id: Path[Identifier], said: MeaningIn) -> UnreadOut:
    """The unread thing with what was meant; the proofs that wait for it are asked again."""
    request.auth.need(Act.IMPORT)
    meant = meaning(unread_thing(unread_id).kind, said.meant, said.reason)
    made = settling.settle(unread_id, meant, by=request.auth.name, at=now(), reach=said.reach)
    return UnreadOut.of(made[0].unread, made[0])


@router.post("/lists/unread/{unread_id}/withdraw", response=UnreadOut, tags=["lists"], summary="Withdraw a settling")
def withdraw(request: ApiRequest, unread_id: Path[Identifier]) -> UnreadOut:
    """The unread thing, waiting again."""
    request.auth.need(Act.IMPORT)
    return UnreadOut.of(settling.withdraw(unread_id, by=request.auth.name, at=now()).unread, None)


@router.post("/logs", response={201: LogOut}, tags=["logs"], summary="Upload a traffic log")
def upload_log(request: ApiRequest, sensor: Form[Text], file: File[UploadedFile]) -> LogOut:
    """What became of a log file of a declared sensor; the same content again counts once."""
    request.auth.need(Act.IMPORT)
    at = now()
    report = traffic_log.import_log(_content(file), _name(file), sensor.strip(), received_at=at, at=at)
    return LogOut(**{name: getattr(report, name) for name in LogOut.model_fields})


@router.post("/logs/take-back", response=MistakenLogOut, tags=["logs"], summary="Take a log file back")
def take_log_back(request: ApiRequest, said: MistakenLogIn) -> MistakenLogOut:
    """A file of which no record could be read, taken back as handed in by mistake; the proofs are asked again."""
    request.auth.need(Act.IMPORT)
    made = mistaken_log.take_back(said.sensor, said.sha256, said.reason, by=request.auth.name, at=now())
    return MistakenLogOut.of(made)


@router.post("/logs/put-back", response=MistakenLogOut, tags=["logs"], summary="Let a log file count again")
def put_log_back(request: ApiRequest, said: LogFileIn) -> MistakenLogOut:
    """A file that was taken back, counting again as one that could not be read."""
    request.auth.need(Act.IMPORT)
    return MistakenLogOut.of(mistaken_log.put_back(said.sensor, said.sha256, by=request.auth.name, at=now()))


def _one_list(list_id: int) -> BotnetList:
    found = BotnetList.objects.select_related("sender").filter(pk=list_id).first()
    if found is None:
        raise OutOfScope(f"list {list_id} is not among those you may read")
    return found


def _content(file: UploadedFile) -> bytes:
    if file.size is None or file.size > settings.VONGGAC_UPLOAD_BYTES:
        raise LimitExceeded(f"a file may weigh up to {settings.VONGGAC_UPLOAD_BYTES // 1024**2} MB; split it")
    return bytes(file.read())


def _name(file: UploadedFile) -> str:
    return (file.name or "upload").replace("\0", "")[-255:]


def _list(found: BotnetList) -> ListOut:
    own = {name: getattr(found, name) for name in ListOut.model_fields if name not in {"id", "sender"}}
    return ListOut(id=found.pk, sender=found.sender.name, **own)
