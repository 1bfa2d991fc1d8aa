"""The counts that pages read stay few."""

from vonggac.cases import tallies
from vonggac.jobs import job
from vonggac.tenancy.scope import scoped, system


@job("cases.fold_tallies", queue="ledger", periodic="* * * * *")
def fold_tallies() -> None:
    """Fold the changes of the last minute."""
    with scoped(system("counting")):
        tallies.fold()
