"""Whose is an address: the networks of a day, compiled for longest-prefix look-up."""

from datetime import date

from django.db.models import Q

from vonggac.kernel import networks
from vonggac.register.models import Network


def owner_table(on: date) -> networks.Register:
    """The blocks valid on a day within the scope; its `organisations` are primary keys as text."""
    rows = Network.objects.filter(
        Q(valid_from__isnull=True) | Q(valid_from__lte=on), Q(valid_to__isnull=True) | Q(valid_to__gt=on)
    ).values_list("cidr", "organisation_id")
    blocks = [(str(cidr), str(organisation)) for cidr, organisation in rows.iterator(chunk_size=20_000)]
    return networks.compile([cidr for cidr, _ in blocks], [organisation for _, organisation in blocks])
