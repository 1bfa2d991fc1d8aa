"""A nation at work for the benchmarks of the desk: 200 organisations, a directive, and as many host cases as wanted."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

PROVINCES, COMMUNES = 20, 9
NOW = datetime.now(UTC).replace(microsecond=0)
READING = {
    "kind": "cong_van", "number": "31", "symbol": "BAN-ATM", "issuer": "Ban An toàn mạng", "date": "2026-04-17",
    "subject": "bảo đảm an toàn thông tin mạng", "addressees": ["Các tỉnh"], "references": [],
    "clauses": [
        {"label": f"1.{letter}", "heading": None, "text": f"Biện pháp {letter}.", "deadlines": []}
        for letter in "abcdef"
    ],
}  # fmt: skip
# Of ten host cases six are closed, as after some months of work.
CASES = """
    INSERT INTO cases_case (organisation_id, org_path, kind, subject, title, state, priority, priority_reason, due_at,
        opened_at, changed_at, acknowledged_at, claimed_at, closed_at, proof_at, reopened_count, claim,
        claim_text, claimed_by, claimed_via, rule, proof, proof_reason, missing, closing)
    SELECT organisation.id, organisation.path, 'botnet_host', host, 'Máy ' || host || ' có trong danh sách botnet',
        (ARRAY['sent', 'acknowledged', 'claimed', 'in_progress', 'closed', 'closed', 'closed', 'closed', 'closed',
            'closed'])[1 + n / {units} %% 10],
        1 + n %% 4, 'có trong danh sách', %(now)s + make_interval(mins => n / 7 %% 20000 - 4000), %(now)s, %(now)s,
        CASE WHEN n / {units} %% 10 > 0 THEN %(now)s::timestamptz END,
        CASE WHEN n / {units} %% 10 IN (2, 4, 5, 6, 7, 8, 9) THEN %(now)s::timestamptz END,
        CASE WHEN n / {units} %% 10 > 3 THEN %(now)s::timestamptz END,
        CASE WHEN n %% 5000 = 17 THEN %(now)s::timestamptz END, 0,
        CASE WHEN n / {units} %% 10 IN (2, 4, 5, 6, 7, 8, 9) THEN 'done' ELSE 'none' END, '', '', '', 'clean_host',
        CASE WHEN n %% 5000 = 17 THEN 'contradicted' ELSE 'none' END, '', '[]', ''
    FROM generate_series(%(low)s, %(high)s) AS n
    CROSS JOIN LATERAL (
        SELECT (11 + n / 16777216) || '.' || n / 65536 %% 256 || '.' || n / 256 %% 256 || '.' || n %% 256
    ) AS named (host)
    JOIN unnest(%(ids)s::bigint[], %(paths)s::text[]) WITH ORDINALITY AS organisation (id, path, place)
        ON place = 1 + n %% {units}
"""
FINDINGS = """
    INSERT INTO cases_finding (case_id, org_path, source, subject, family, presence, count, detail)
    SELECT id, org_path, 'bench', subject, 'mirai', 'new', 1, '{}' FROM cases_case WHERE kind = 'botnet_host'
"""


@dataclass(frozen=True)
class Nation:
    """Who signs in, and what there is to open."""

    nation: Any
    communes: list[Any]
    officer: Any
    clerk: Any
    directive_id: int


def assemble(cases: int) -> Nation:
    """The tree, two people, a confirmed directive that binds all, and the cases; Django has to be set up."""
    from django.db import connection

    from vonggac.tenancy.scope import scoped, system

    with scoped(system("bench")):
        nation = _organisation("nation", "Cơ quan điều phối", "authority", None)
        provinces = [_organisation(f"t{n}", f"UBND tỉnh {n}", "province", nation) for n in range(PROVINCES)]
        communes = [
            _organisation(f"x{n}-{m}", f"UBND xã {n}.{m}", "commune", province)
            for n, province in enumerate(provinces)
            for m in range(COMMUNES)
        ]
        officer = person("officer", nation, "duty_officer")
        clerk = person("clerk", communes[0], "it_officer")
    directive_id = _directive(nation, officer)
    units = [*provinces, *communes]
    query = CASES.replace("{units}", str(len(units)))
    for low in range(0, cases, 100_000):
        with scoped(system("bench")), connection.cursor() as cursor:
            given = {"now": NOW, "low": low, "high": min(cases, low + 100_000) - 1}
            cursor.execute(query, given | {"ids": [u.pk for u in units], "paths": [u.path for u in units]})
    with scoped(system("bench")), connection.cursor() as cursor:
        cursor.execute(FINDINGS)
    _settle()
    return Nation(nation, communes, officer, clerk, directive_id)


def _settle() -> None:
    """What autovacuum and the nightly jobs do on a desk that runs for days."""
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _organisation(code: str, name: str, kind: str, parent: Any) -> Any:
    from django.db import connection

    from vonggac.register.models import Organisation

    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('register_organisation', 'id'))")
        identifier = cursor.fetchone()[0]
    path = f"{parent.path if parent else ''}{identifier:06d}/"
    return Organisation.objects.create(pk=identifier, code=code, name=name, kind=kind, parent=parent, path=path)


def person(name: str, home: Any, role: str) -> Any:
    from vonggac.register.models import Person, Role

    made = Person.objects.create_user(f"{name}@example.vn", name)
    Role.objects.create(person=made, organisation=home, org_path=home.path, name=role)
    return made


def _directive(nation: Any, officer: Any) -> int:
    from vonggac.directives import services as directives
    from vonggac.directives.services import Entering, Received
    from vonggac.flows import directive as flow
    from vonggac.regimes import regime
    from vonggac.tenancy.scope import Scope, scoped

    with scoped(Scope(f"person:{officer.pk}", nation.path)):
        received = Received("31.txt", "ab" * 32, 900, "…")
        period = {"from": str(NOW.date() + timedelta(days=3)), "to": str(NOW.date() + timedelta(days=10)), "why": "lễ"}
        draft = directives.receive(received, [{**READING, "period": period}], nation, regime.on(NOW.date()), at=NOW)[0]
        flow.confirm(draft.pk, Entering(NOW.date(), lead=nation), at=NOW)
        return int(draft.pk)


def session_of(person: Any) -> str:
    """The cookie of a signed-in session, as a browser would send it."""
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(person)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
