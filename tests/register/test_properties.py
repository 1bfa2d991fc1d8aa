"""Imports against a naive model of the register, and path ranges against naive descendants."""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from tests.register.register_files import bring_in, plan
from vonggac.formats.tables import write_csv
from vonggac.register import imports, queries
from vonggac.register.folding import fold
from vonggac.register.lookup import owner_table
from vonggac.register.models import Organisation
from vonggac.tenancy.scope import scoped, system

FEW = settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
LETTERS = st.text("aăâbcdđeêghiklmnoôơpqrstuưvxyÁẾỘỮĐXYZ '=-+", min_size=1, max_size=12).map(str.strip).filter(bool)
ASSETS = st.lists(
    st.tuples(
        st.sampled_from(["u1", "u2"]),
        st.sampled_from(["PC-1", "PC-2", "SV-1"]),
        st.sampled_from(["server", "workstation"]),
        st.sampled_from(["", "10.0.0.1", "10.0.0.2"]),
    ),
    max_size=6,
)
# A tree as the index of each node's parent; node 0 is the root.
TREES = st.lists(st.integers(0, 30), min_size=1, max_size=14).map(
    lambda draws: [None, *(draw % (place + 1) for place, draw in enumerate(draws))]
)


def asset_file(rows):
    return "organisation,name,kind,address\n" + "".join(f"{','.join(row)}\n" for row in rows)


class NaiveRegister:
    """The assets and their addresses as plain dictionaries; a line that contradicts an earlier one is skipped."""

    def __init__(self):
        self.kinds, self.addresses = {}, set()

    def hear(self, rows):
        said = {}
        for organisation, name, kind, address in rows:
            if said.setdefault((organisation, name), kind) != kind:
                continue
            self.kinds[organisation, name] = kind
            if address:
                self.addresses.add((organisation, name, address))

    def lines(self):
        for (organisation, name), kind in self.kinds.items():
            held = sorted(a for o, n, a in self.addresses if (o, n) == (organisation, name))
            yield from ((organisation, name, kind, address) for address in held or [""])


class Properties(TestCase):
    @FEW
    @given(st.lists(ASSETS, min_size=1, max_size=3))
    def test_importing_equals_the_naive_model_and_twice_equals_once(self, files):
        naive = NaiveRegister()
        with scoped(system("tests")):
            bring_in("organisations", "code,name,kind,parent\nu1,A,province,\nu2,B,commune,u1\n")
            for rows in files:
                bring_in("assets", asset_file(rows))
                naive.hear(rows)
                assert plan("assets", asset_file(rows)).changes == ()
            exported = imports.KINDS["assets"].exported()
            columns = [column.name for column in imports.KINDS["assets"].columns]
            found = {
                tuple(line[columns.index(name)] or "" for name in ("organisation", "name", "kind", "address"))
                for line in exported
            }
        assert found == set(naive.lines())

    @FEW
    @given(TREES, st.randoms(use_true_random=False))
    def test_a_tree_comes_in_whatever_the_order_and_a_path_range_is_its_subtree(self, parents, random):
        lines = [
            f"n{place},N{place},other,{'' if parent is None else f'n{parent}'}" for place, parent in enumerate(parents)
        ]
        random.shuffle(lines)
        with scoped(system("tests")):
            planned = bring_in("organisations", "code,name,kind,parent\n" + "\n".join(lines) + "\n")
            assert not planned.rejects
            paths = dict(Organisation.objects.values_list("code", "path"))
            for place in range(len(parents)):
                found = {organisation.code for organisation in queries.subtree(paths[f"n{place}"])}
                assert found == {f"n{other}" for other in naive_descendants(parents, place)}
                chain = [organisation.code for organisation in queries.chain(paths[f"n{place}"])]
                assert chain == [f"n{other}" for other in naive_chain(parents, place)]

    @FEW
    @given(LETTERS)
    def test_postgres_folds_names_as_we_do_and_the_export_keeps_them(self, name):
        clean = " ".join(name.split())
        with scoped(system("tests")):
            bring_in("organisations", write_csv(["code", "name", "kind", "parent"], [["a", clean, "other", ""]]))
            row = Organisation.objects.get(code="a")
            assert (row.name, row.folded) == (clean, fold(clean))
            assert plan("organisations", imports.export("organisations", "csv")).changes == ()


def naive_descendants(parents, node):
    return {place for place in range(len(parents)) if node in naive_chain(parents, place)}


def naive_chain(parents, node):
    chain = [node]
    while parents[chain[0]] is not None:
        chain.insert(0, parents[chain[0]])
    return chain


@pytest.mark.django_db
def test_networks_at_a_day_equal_a_scan_of_the_history():
    with scoped(system("tests")):
        bring_in("organisations", "code,name,kind,parent\nu1,A,province,\nu2,B,commune,u1\n")
        bring_in(
            "networks",
            "network,organisation,valid_from,valid_to\n203.0.113.0/24,u1,,2026-02-01\n203.0.113.0/24,u2,2026-02-01,\n"
            "203.0.113.0/25,u1,2026-03-01,2026-04-01\n",
        )
        history = list(queries.Network.objects.all())
        for month in range(1, 7):
            day = date(2026, month, 1)
            expected = {
                (n.cidr, str(n.organisation_id))
                for n in history
                if (n.valid_from is None or n.valid_from <= day) and (n.valid_to is None or n.valid_to > day)
            }
            table = owner_table(day)
            used = set(table.ipv4_owner.tolist()) - {-1}
            assert {(table.networks[one], table.organisations[one]) for one in used} == expected
