"""The kinds of register files, in the order in which a whole register is imported."""

from vonggac.errors import InputError
from vonggac.register.imports import assets, contacts, coverage, networks, organisations, people, sensors, systems
from vonggac.register.imports.kind import Kind

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        organisations.KIND,
        people.KIND,
        networks.KIND,
        systems.KIND,
        assets.KIND,
        sensors.KIND,
        coverage.HEARTBEATS_KIND,
        coverage.ROTATION_KIND,
        contacts.KIND,
    )
}


def kind_named(name: str) -> Kind:
    """The kind of file; InputError names all of them when it is none."""
    if name not in KINDS:
        raise InputError(f"“{name}” is no kind of register file; use one of: {', '.join(KINDS)}")
    return KINDS[name]
