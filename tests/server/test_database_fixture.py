"""The fixtures of tests/conftest.py give what they promise."""

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection, connections
from django.db.utils import ProgrammingError

EVERY = ["default", "owner", "sealer"]


@pytest.mark.django_db(databases=EVERY)
def test_tests_connect_as_a_role_that_row_level_security_holds():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        role, is_superuser, bypasses = cursor.fetchone()
    assert role.startswith("vonggac_app")
    assert (is_superuser, bypasses) == (False, False)


@pytest.mark.django_db(databases=EVERY)
def test_each_alias_is_a_role_of_its_own():
    roles = set()
    for alias in EVERY:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT current_user")
            roles.add(cursor.fetchone()[0])
    assert len(roles) == 3


@pytest.mark.django_db
def test_the_application_writes_rows_and_cannot_change_the_schema():
    ContentType.objects.create(app_label="tests", model="written")
    with pytest.raises(ProgrammingError, match="permission denied"), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE forbidden (id int)")


@pytest.mark.django_db
@pytest.mark.parametrize("statement", ["TRUNCATE django_content_type CASCADE", "SELECT pg_read_file('/etc/passwd')"])
def test_the_application_may_neither_truncate_nor_read_files(statement):
    with pytest.raises(ProgrammingError, match="permission denied"), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_a_transactional_test_leaves_nothing_to_the_next(turn):
    assert not ContentType.objects.filter(app_label="left").exists()
    ContentType.objects.create(app_label="left", model="over")


@pytest.mark.django_db
def test_what_migrations_put_in_is_there_after_a_transactional_test():
    assert ContentType.objects.filter(app_label="contenttypes").exists()
