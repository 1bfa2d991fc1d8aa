"""What a person opens first after the start."""

import os
from datetime import UTC, datetime

import django
from django.db import DatabaseError, connections


def first_link(address: str) -> str:
    """The address to print: a one-time link that signs the administrator in, or the desk's own address without one.

    `VONGGAC_FIRST_LINK=0` leaves the link out, for consoles that others read.
    """
    if os.environ.get("VONGGAC_FIRST_LINK") == "0":
        return address
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vonggac.server.settings")
    django.setup()
    from vonggac.flows import first_run  # noqa: PLC0415  # its models need Django set up

    try:
        # Signing in goes by the machine's clock, on an exercise too.
        return first_run.sign_in_address(at=datetime.now(UTC))
    except DatabaseError:
        # The supervisor mends the database next; a missing link must not keep it from that.
        return address
    finally:
        connections.close_all()
