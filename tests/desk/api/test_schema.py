"""The interface does what its own OpenAPI document says, whatever is sent to it (schemathesis)."""

import os
import warnings

import pytest
from django.core.cache import caches
from django.core.wsgi import get_wsgi_application
from django.test import override_settings
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings

from tests import cast
from vonggac.desk.api.interface import document
from vonggac.register.services import tokens
from vonggac.tenancy.scope import scoped, system

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import schemathesis
    from schemathesis.specs.openapi.checks import positive_data_acceptance, unsupported_method

# A file that fits the schema may still hold no list, or not be what its name says: that is answered 422, rightly.
TAKES_FILES = {
    "/directives", "/lists", "/logs", "/cases/{case_id}/claim-with-evidence", "/cases/{case_id}/evidence",
}  # fmt: skip


def exercise(examples: int) -> int:
    """Send that many requests to each operation; the number of operations that were tried."""
    people = cast.assemble()
    with scoped(system("tests")):
        roles = ("head", "administrator")
        _, secret = tokens.create_token(
            "fuzz", people.organisations["hai-van"], roles, at=timezone.now(), on=timezone.localdate(), days=1
        )
    schema = schemathesis.openapi.from_dict(document())
    schema.app = get_wsgi_application()
    tried = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        try_operation(operation, secret, examples)
        tried += 1
    return tried


def try_operation(operation, secret: str, examples: int) -> None:
    excluded = [positive_data_acceptance] if operation.path.split("v1")[-1] in TAKES_FILES else []

    @settings(
        max_examples=examples, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate],
    )  # fmt: skip
    @given(case=operation.as_strategy())
    def run(case):
        # The checks send wrong tokens too, more in a minute than the desk takes from one address.
        caches["local"].clear()
        case.call_and_validate(
            headers={"Authorization": f"Bearer {secret}"}, excluded_checks=[*excluded, unsupported_method]
        )

    run()


@pytest.mark.django_db(transaction=True)
@pytest.mark.filterwarnings("ignore")
@override_settings(VONGGAC_API_PER_MINUTE=10**9)
@pytest.mark.slow
def test_every_operation_keeps_to_its_description():
    caches["local"].clear()
    assert exercise(int(os.environ.get("VONGGAC_TEST_EXAMPLES", "8"))) >= 16


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.filterwarnings("ignore")
@override_settings(VONGGAC_API_PER_MINUTE=10**9)
def test_every_operation_keeps_to_its_description_at_length():
    caches["local"].clear()
    assert exercise(200) >= 16
