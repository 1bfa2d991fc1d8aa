"""The names of roles in a dump, exchanged."""

import pytest

from vonggac.server.dump import with_names

THERE = {"owner": "vonggac", "app": "vonggac_app", "sealer": "vonggac_sealer"}
HERE = {"owner": "desk", "app": "vonggac_app_desk", "sealer": "vonggac_sealer_my-desk"}


def renamed(*lines: bytes) -> list[bytes]:
    return list(with_names([line + b"\n" for line in lines], THERE, HERE))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"GRANT SELECT ON TABLE public.t TO vonggac_app;", b"GRANT SELECT ON TABLE public.t TO vonggac_app_desk;"),
        (b"REVOKE ALL ON TABLE public.t FROM vonggac;", b"REVOKE ALL ON TABLE public.t FROM desk;"),
        (b'CREATE POLICY p ON t TO "vonggac_sealer";', b'CREATE POLICY p ON t TO "vonggac_sealer_my-desk";'),
        (b"  IF pg_has_role('vonggac_app', 'usage') THEN", b"  IF pg_has_role('vonggac_app_desk', 'usage') THEN"),
        (b"SELECT current_setting('vonggac.lo');", b"SELECT current_setting('vonggac.lo');"),
        (b"CREATE TABLE public.vonggac_apps (id int);", b"CREATE TABLE public.vonggac_apps (id int);"),
    ],
)
def test_statements_name_the_roles_of_this_desk(line, expected):
    assert renamed(line) == [expected + b"\n"]


def test_rows_pass_as_they_are():
    lines = (b"COPY public.t (a) FROM stdin;", b"vonggac_app", b"GRANT x TO vonggac_app;", b"\\.", b"-- vonggac_app")
    assert renamed(*lines)[1:4] == [b"vonggac_app\n", b"GRANT x TO vonggac_app;\n", b"\\.\n"]
    assert renamed(*lines)[4] == b"-- vonggac_app_desk\n"


def test_a_setting_that_older_servers_do_not_know_is_left_out():
    assert renamed(b"SET transaction_timeout = 0;", b"SET row_security = off;") == [b"SET row_security = off;\n"]
