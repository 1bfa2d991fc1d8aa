"""What files name by code, found once per import: organisations, systems, people, assets and sensors in the scope."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from vonggac.register.models import Asset, InformationSystem, Organisation, Person, Sensor
from vonggac.tenancy.scope import Scope


@dataclass(frozen=True, slots=True)
class Node:
    """An organisation as files refer to it."""

    id: int
    path: str
    ended_on: date | None = None
    ended_by: str = ""
    successor: str = ""

    def has_ended(self, day: date) -> bool:
        """True when it no longer exists on that day."""
        return self.ended_on is not None and self.ended_on <= day


class References:
    """The names that a file may use, under one scope and as of one day; each kind is read at its first use.

    `now` is when the file is held against them: another moment than the day, where somebody enters what will hold.
    """

    def __init__(self, scope: Scope, at: date, now: datetime) -> None:
        self.scope, self.at, self.now = scope, at, now

    @cached_property
    def visible(self) -> Mapping[str, Node]:
        """Every organisation that the scope sees, those above it too."""
        rows = Organisation.objects.values_list("code", "id", "path", "valid_to", "ended_by", "successor__code")
        return {
            code: Node(identifier, path, ended_on, ended_by, successor or "")
            for code, identifier, path, ended_on, ended_by, successor in rows
        }

    @cached_property
    def organisations(self) -> Mapping[str, Node]:
        """The organisations whose rows may be written."""
        return {code: node for code, node in self.visible.items() if self.scope.covers(node.path)}

    @cached_property
    def systems(self) -> Mapping[str, int]:
        """Identifiers of information systems by code."""
        return dict(InformationSystem.objects.values_list("code", "id"))

    @cached_property
    def people(self) -> Mapping[str, int]:
        """Identifiers of people by mail address, those of other offices too: an address belongs to one person."""
        return dict(Person.objects.values_list("email", "id"))

    @cached_property
    def assets(self) -> Mapping[tuple[str, str], int]:
        """Identifiers of assets by organisation code and name."""
        rows = Asset.objects.values_list("organisation__code", "name", "id")
        return {(code, name): identifier for code, name, identifier in rows}

    @cached_property
    def sensors(self) -> Mapping[str, tuple[int, str]]:
        """Identifier and organisation path of sensors by name."""
        return {
            name: (identifier, path) for name, identifier, path in Sensor.objects.values_list("name", "id", "org_path")
        }

    def organisation(self, code: str) -> Node:
        """The organisation to be written for; ValueError says why not, with its successor where it has ended."""
        node = self.owner(code)
        if node.has_ended(self.at):
            heir = f"; write its successor {node.successor}" if node.successor else ""
            raise ValueError(
                f"organisation “{code}” ended on {node.ended_on} ({node.ended_by or 'no act given'}){heir}"
            )
        return node

    def owner(self, code: str) -> Node:
        """The organisation, which may have ended; ValueError when it is unknown or another office's."""
        node = self.organisations.get(code)
        if node is None:
            why = (
                "is above yours: only its own office may change it"
                if code in self.visible
                else "is not in the register"
            )
            raise ValueError(f"organisation “{code}” {why}")
        return node

    def system(self, code: str) -> int | None:
        """The identifier of an information system; None for no code."""
        if not code:
            return None
        if code not in self.systems:
            raise ValueError(f"information system “{code}” is not in the register; import systems first")
        return self.systems[code]

    def sensor(self, name: str) -> tuple[int, str]:
        """Identifier and path of a sensor."""
        if name not in self.sensors:
            raise ValueError(f"sensor “{name}” is not in the register; import sensors first")
        return self.sensors[name]
