"""A word in every row of every organisation that stands nowhere else: who meets a foreign one has seen too much."""

from datetime import timedelta

from django.utils import timezone

from tests import cast
from vonggac.alerts.grouping import Group
from vonggac.alerts.models import SetAside
from vonggac.alerts.rules import Told, Way
from vonggac.alerts.services import absorbing, notices, triage
from vonggac.alerts.services import sources as alert_sources
from vonggac.alerts.services.absorbing import Figures
from vonggac.alerts.services.sources import Declaration
from vonggac.botnet.models import BotnetList, Sender, Unread
from vonggac.botnet.queries import open_ones
from vonggac.botnet.services import settling
from vonggac.botnet.services.settling import Meaning
from vonggac.cases import evidence
from vonggac.cases import services as cases
from vonggac.cases.models import Case, Finding, Kind
from vonggac.cases.services import Answer, Opening
from vonggac.directives.models import Clause, Directive, DirectiveState, Document, Obligation
from vonggac.duty.escalation import policies
from vonggac.duty.escalation.rules import Reason
from vonggac.duty.models import Channel, ChannelKind, Eligibility, Member, Message, Policy, Post, Shift
from vonggac.flows.uploads import keep_raw
from vonggac.formats.alerts import Notice, Severity
from vonggac.ledger import services as ledger
from vonggac.register.models import (
    Asset,
    Contact,
    InformationSystem,
    Network,
    Organisation,
    Person,
    Recovery,
    Role,
    RoleName,
    Sensor,
    Token,
)
from vonggac.tenancy.scope import scoped, system


def marker(organisation: Organisation) -> str:
    """The organisation's word: letters only, so that no escaping changes it."""
    return "zq" + "".join(chr(ord("a") + int(digit)) for digit in f"{organisation.pk:06d}") + "qz"


def plant(people: cast.Cast) -> dict[str, str]:
    """The words by the path of their organisation, once rows of every kind carry them."""
    with scoped(system("tests")):
        for number, organisation in enumerate(people.organisations.values()):
            _register(organisation, number)
            case = _work(organisation, people)
            _directive(organisation, case)
            _alerts(organisation)
            _duty(organisation)
            _access(organisation, people)
    return {organisation.path: marker(organisation) for organisation in people.organisations.values()}


def _own(organisation: Organisation) -> dict[str, object]:
    return {"organisation": organisation, "org_path": organisation.path}


def _register(organisation: Organisation, number: int) -> None:
    word, own = marker(organisation), _own(organisation)
    Asset.objects.create(name=f"PC-{word}", **own)
    Network.objects.create(cidr=f"198.51.100.{number * 8}/29", **own)
    InformationSystem.objects.create(code=f"sys-{word}", name=f"Hệ thống {word}", level=3, **own)
    Sensor.objects.create(name=f"sensor-{word}", kind="flow", networks=[], **own)
    # Contacts are meant to be read below: a commune finds whom to call. So the word is another one.
    Contact.objects.create(name=f"Liên hệ {organisation.code}", **own)


def _work(organisation: Organisation, people: cast.Cast) -> Case:
    word, at = marker(organisation), timezone.now()
    opening = Opening(
        organisation, Kind.BOTNET_HOST, f"host-{word}", f"Máy {word}", 1, f"vì {word}", at + timedelta(days=1),
        rule="clean_host",
    )  # fmt: skip
    case = cases.open_many([opening], at=at)[0]
    Finding.objects.create(
        case=case, org_path=organisation.path, source=f"list-{word}", subject=f"f-{word}", family=f"mirai-{word}"
    )
    evidence.add(case.pk, f"{word}.txt", f"tệp {word}".encode(), by=f"Người {word}", at=at)
    cases.claim(case.pk, Answer(f"đã làm {word}", f"Cán bộ {word}"), at=at)
    sender = Sender.objects.create(org_path=organisation.path, name=f"gửi {word}")
    botnet_list = BotnetList.objects.create(
        sender=sender, org_path=organisation.path, file_name=f"{word}.csv", sha256=keep_raw(f"tệp {word}".encode()),
        received_at=at, rejects=[{"line": 2, "column": None, "reason": f"dòng {word}", "raw": word}],
    )  # fmt: skip
    waiting, settled = (
        Unread.objects.create(
            botnet_list=botnet_list,
            org_path=organisation.path,
            kind="c2",
            line=3,
            text=f"c2 {word}",
            row=f"hàng {word}",
        )
        for _ in range(2)
    )
    meaning = Meaning((f"{word}.example.net",), f"lý do {word}")
    settling.settle(settled.pk, meaning, by=f"Người {word}", at=at)
    assert open_ones().filter(pk=waiting.pk).exists()
    return case


def _directive(organisation: Organisation, case: Case) -> None:
    word, at = marker(organisation), timezone.now()
    document = Document.objects.create(
        org_path=organisation.path, name=f"{word}.txt", sha256=keep_raw(word.encode()), size=len(word), received_at=at,
        text=f"văn bản {word}",
    )  # fmt: skip
    directive = Directive.objects.create(
        document=document, position=0, state=DirectiveState.CONFIRMED, number="1", symbol=word.upper(),
        subject=f"V/v {word}", issuer=f"Cơ quan {word}", changed_at=at, confirmed_at=at, arrived_on=at.date(),
        arrival_number=1, **_own(organisation),
    )  # fmt: skip
    clause = Clause.objects.create(
        directive=directive, org_path=organisation.path, position=0, label="1.a", text=f"Điểm {word}", binds=["*"]
    )
    Obligation.objects.create(clause=clause, directive=directive, case=case, **_own(organisation))


def _alerts(organisation: Organisation) -> None:
    word, at = marker(organisation), timezone.now()
    source = alert_sources.declare(f"nguon-{word}", organisation, alert_sources.Declaration(), at=at)
    group = Group(f"Cảnh báo {word}", Severity.HIGH, "", 3, at, at)
    absorbing.absorb(source, {(f"luat-{word}", f"may-{word}"): group}, Figures(3), at=at)
    above = alert_sources.declare(f"dieu-phoi-{word}", organisation, Declaration(is_coordinator=True), at=at)
    told = Group(f"Thông báo {word}", Severity.HIGH, "", 1, at, at, notice=Notice(f"DP-{word}", f"mới {word}"))
    absorbing.absorb(above, {(f"DP-{word}", f"may-{word}"): told}, Figures(1), at=at)
    notice = above.notices.get()
    notices.say(notice.pk, Told.ANSWER, Way.MAIL, f"trả lời {word}", sent_at=at, by=f"Người {word}", at=at)
    SetAside.objects.create(
        source=source, org_path=organisation.path, raw=f"file/{keep_raw(word.encode())}", file_name=f"{word}.json",
        at=at, lines=[1], reasons=[{"line": 1, "column": None, "reason": f"dòng {word}", "raw": word}],
    )  # fmt: skip
    triage.suppress(
        organisation, source=source, rule=f"quet-{word}", subject="", reason=f"vì {word}", owner=None,
        until=at + timedelta(days=7), at=at,
    )  # fmt: skip


def room_of(word: str) -> str:
    """The name of an organisation's planted channel, one that leads to a group."""
    return f"Kênh {word}"


def _duty(organisation: Organisation) -> None:
    word, at, own = marker(organisation), timezone.now(), _own(organisation)
    post = Post.objects.create(name=f"Vị trí {word}", **own)
    Shift.objects.create(
        post=post, org_path=organisation.path, person_name=f"Trực {word}", phone=word, from_utc=at - timedelta(hours=1),
        to_utc=at + timedelta(hours=7),
    )  # fmt: skip
    member = Member.objects.create(name=f"Bà {word}", phone=f"08{word}", skills=["lead"], **own)
    Eligibility.objects.create(member=member, post=post, org_path=organisation.path)
    plan = policies.usual_plan(Reason.HOLE, on=at.date()).to_json()
    Policy.objects.create(name=f"Gọi {word}", post=post, plan=plan, **own)
    Channel.objects.create(
        name=room_of(word), kind=ChannelKind.APPRISE, settings={"address": f"json://{word}-noi-gui.example.vn"},
        trouble=f"hỏng {word}", changed_at=at, **own,
    )  # fmt: skip
    Message.objects.create(subject=f"Tin {word}", body=word, made_at=at, queued_at=at, to=f"{word}@example.vn", **own)
    ledger.record("test.plant", "organisation", organisation.pk, organisation.path, at=at, word=word)


def _access(organisation: Organisation, people: cast.Cast) -> None:
    word, at, own = marker(organisation), timezone.now(), _own(organisation)
    person = Person.objects.create_user(f"{word}@nhan-su.example.vn", f"Ông {word}", phone=f"09{word}")
    Role.objects.create(person=person, name=RoleName.IT_OFFICER, **own)
    Token.objects.create(
        name=f"Chương trình {word}",
        digest=word,
        roles=["auditor"],
        made_at=at,
        expires_at=at + timedelta(days=9),
        **own,
    )
    Recovery.objects.create(person=person, reason=f"mất máy {word}", asked_by=people.people["quan"], asked_at=at, **own)
