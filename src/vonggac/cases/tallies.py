"""Folding the counts: many small changes of one bucket become one row."""

from django.db import connection, transaction

FOLD = """
WITH gone AS (DELETE FROM cases_tally RETURNING org_path, kind, state, proof, claim, number),
     kept AS (
         INSERT INTO cases_tally (org_path, kind, state, proof, claim, number)
         SELECT org_path, kind, state, proof, claim, sum(number) FROM gone
         GROUP BY org_path, kind, state, proof, claim HAVING sum(number) <> 0
         RETURNING 1
     )
SELECT (SELECT count(*) FROM gone), (SELECT count(*) FROM kept)
"""


@transaction.atomic
def fold() -> tuple[int, int]:
    """How many rows there were and how many are left, within the scope; every sum stays what it was.

    Changes that other transactions make meanwhile are not seen and not touched: they are folded the next time.
    """
    with connection.cursor() as cursor:
        cursor.execute(FOLD)
        before, after = cursor.fetchone()
    return before, after
