"""The fixed cast of the tests: a small tree that every story plays in, with invented names.

nation                     Cơ quan điều phối (authority)
└── hai-van                tỉnh Hải Vân (province)
    ├── so-tttt            Sở Thông tin (department, the lead)
    ├── so-y-te            Sở Y tế (department)
    │   └── bv-da-khoa     Bệnh viện đa khoa (hospital)
    ├── p-vinh-hai         Phường Vĩnh Hải (commune)
    └── vien-thong         Viễn thông Hải Vân (telco)
└── dong-son               tỉnh Đông Sơn (province, the stranger)
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.models import F, QuerySet
from django.test import Client

from vonggac.register.models import Network, Organisation, Person, Role, RoleName
from vonggac.tenancy.scope import Scope, scoped, system

NOON = datetime(2026, 4, 20, 5, 0, tzinfo=UTC)  # 12:00 in Hà Nội
TREE = (
    ("nation", "Cơ quan điều phối", "authority", None),
    ("hai-van", "UBND tỉnh Hải Vân", "province", "nation"),
    ("so-tttt", "Sở Thông tin", "department", "hai-van"),
    ("so-y-te", "Sở Y tế", "department", "hai-van"),
    ("bv-da-khoa", "Bệnh viện đa khoa", "hospital", "so-y-te"),
    ("p-vinh-hai", "UBND phường Vĩnh Hải", "commune", "hai-van"),
    ("vien-thong", "Viễn thông Hải Vân", "telco", "hai-van"),
    ("dong-son", "UBND tỉnh Đông Sơn", "province", "nation"),
)
PEOPLE = (
    ("ha", "Hà", "hai-van", RoleName.DUTY_OFFICER),
    ("minh", "Minh", "hai-van", RoleName.HEAD),
    ("quan", "Quân", "hai-van", RoleName.ADMINISTRATOR),
    ("lan", "Lan", "p-vinh-hai", RoleName.IT_OFFICER),
    ("tam", "Tâm", "so-y-te", RoleName.IT_OFFICER),
    ("vinh", "Vinh", "dong-son", RoleName.HEAD),
    ("nam", "Nam", "nation", RoleName.DUTY_OFFICER),
)


@dataclass(frozen=True)
class Cast:
    """The organisations by code and the people by first name."""

    organisations: dict[str, Organisation]
    people: dict[str, Person]

    def scope(self, name: str) -> Scope:
        """The scope in which a person of the cast acts: their own organisation's subtree."""
        home = next(code for key, _, code, _ in PEOPLE if key == name)
        return Scope(f"person:{self.people[name].pk}", self.organisations[home].path)

    def client(self, name: str, **options: Any) -> Client:
        """A session in which a person of the cast is signed in, on a browser that asks for Vietnamese."""
        client = Client(headers={"accept-language": "vi"}, **options)
        client.force_login(self.people[name])
        return client


def assemble() -> Cast:
    """The cast in the test database, made as a register import would make it."""
    organisations: dict[str, Organisation] = {}
    with scoped(system("tests")):
        for code, name, kind, parent in TREE:
            organisations[code] = _organisation(code, name, kind, organisations.get(parent or ""))
        people = {}
        for key, name, code, role in PEOPLE:
            person = Person.objects.create_user(f"{key}@example.vn", name)
            Role.objects.create(
                person=person, organisation=organisations[code], org_path=organisations[code].path, name=role
            )
            people[key] = person
    return Cast(organisations, people)


def _organisation(code: str, name: str, kind: str, parent: Organisation | None) -> Organisation:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('register_organisation', 'id'))")
        identifier = cursor.fetchone()[0]
    path = f"{parent.path if parent else ''}{identifier:06d}/"
    return Organisation.objects.create(pk=identifier, code=code, name=name, kind=kind, parent=parent, path=path)


def history_of(block: str) -> QuerySet[Network]:
    """Who answered for a block over time, oldest first."""
    return Network.objects.filter(cidr=block).order_by(F("valid_from").asc(nulls_first=True))
