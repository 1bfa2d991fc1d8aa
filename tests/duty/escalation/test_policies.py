"""Which policy serves, what a file of policies carries, and what is refused before it is kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cast import NOON
from vonggac.duty.escalation import policies
from vonggac.duty.escalation.policies import Draft
from vonggac.duty.escalation.rules import Plan, PlanStep, Reason, Target
from vonggac.duty.models import Policy, Post
from vonggac.errors import InputError, OutOfScope
from vonggac.ledger.models import Entry
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
PLAN = Plan((PlanStep(Target.ON_DUTY, 5), PlanStep(Target.ROOM, 5, "Zalo “trực”")), rounds=3)


def keep(duty, name: str, *reasons: Reason, post=None, plan: Plan = PLAN, **more) -> Policy:
    with scoped(duty.cast.scope("ha")):
        draft = Draft(duty.office, name, plan, tuple(reasons), post, **more)
        return policies.keep(draft, at=NOON)[0]


def serving(duty, post, reason: Reason) -> str:
    with scoped(duty.cast.scope("ha")):
        found = policies.serving(duty.office, post, reason, at=NOON)
        return found.name if found else ""


def test_the_nearer_policy_serves_and_without_one_the_desk_s_own(duty):
    assert serving(duty, duty.desk, Reason.HOLE) == ""
    keep(duty, "cơ quan")
    keep(duty, "vị trí", post=duty.desk)
    keep(duty, "botnet", Reason.BOTNET)
    keep(duty, "botnet vị trí", Reason.BOTNET, post=duty.desk)
    assert serving(duty, duty.desk, Reason.HOLE) == "vị trí"
    assert serving(duty, duty.command, Reason.HOLE) == "cơ quan"
    assert serving(duty, None, Reason.HOLE) == "cơ quan"
    assert serving(duty, duty.desk, Reason.BOTNET) == "botnet vị trí"
    assert serving(duty, duty.command, Reason.BOTNET) == "botnet"
    assert serving(duty, None, Reason.BOTNET) == "botnet"


def test_a_policy_of_a_post_that_names_a_reason_takes_what_happens_nowhere_in_particular(duty):
    keep(duty, "botnet về vị trí", Reason.BOTNET, post=duty.desk)
    assert serving(duty, None, Reason.BOTNET) == "botnet về vị trí"
    assert serving(duty, None, Reason.HOLE) == ""
    keep(duty, "cơ quan")
    with scoped(system("tests")):
        Post.objects.filter(pk=duty.desk.pk).update(retired_on=NOON.date())
    assert serving(duty, None, Reason.BOTNET) == "cơ quan", "nobody stands on a retired post"


def test_the_usual_plans_call_all_in_order_the_lead_first_for_a_hand_over_and_calmly_for_paper(duty):
    usual = {reason: policies.usual_plan(reason, on=NOON.date()) for reason in Reason}
    names = [step.target.value for step in usual[Reason.BOTNET].steps]
    assert names == ["on_duty", "post", "lead", "commander", "head", "office"]
    assert usual[Reason.HAND_OVER].steps[0].target == Target.LEAD
    assert usual[Reason.SILENCE].rounds == 1


def test_policies_leave_as_a_file_and_come_back_as_they_were(duty):
    keep(duty, 'tên có "ngoặc" và \\', Reason.BOTNET, Reason.HOLE, post=duty.desk, command_post=duty.command)
    with scoped(duty.cast.scope("ha")):
        kept = Policy.objects.select_related("organisation", "post", "command_post")
        text = policies.export_toml(kept)
        assert policies.import_drafts(policies.read_toml(text.encode()), at=NOON) == (0, 1)
        again = policies.export_toml(kept.all())
        kept.all().delete()
        assert policies.import_drafts(policies.read_toml(text.encode()), at=NOON) == (1, 0)
        assert policies.export_toml(kept.all()) == text == again


@given(st.text(max_size=40))
def test_any_text_survives_the_file(text):
    import tomllib  # noqa: PLC0415

    clean = text.encode("utf-8", "ignore").decode()
    assert tomllib.loads(f"x = {policies._text(clean)}")["x"] == clean


def policy_file(*lines: str) -> bytes:
    """A policy with one step; the last of two lines is the step's."""
    head, step = [*lines, ""][:2]
    return f'[[policy]]\norganisation = "hai-van"\n{head}\n[[policy.steps]]\ncall = "head"\n{step}\n'.encode()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff", "no TOML"),
        (b"x = 1", "no \\[\\[policy\\]\\]"),
        (b"policy = 3", "no \\[\\[policy\\]\\]"),
        (b"policy = [1]", "policy 1 is not a table"),
        (b'[[policy]]\norganisation = "dong-son"\nname = "x"', "policy 1 \\(x\\): there is no organisation"),
        (b'[[policy]]\norganisation = "hai-van"\nname = "x"', "policy 1 \\(x\\): a policy needs at least one step"),
        (
            b'[[policy]]\norganisation = "hai-van"\nname = "x"\npost = "y"\n[[policy.steps]]\ncall = "head"',
            "no post called 'y'",
        ),
        (b"#" * (policies.LARGEST_FILE_BYTES + 1), "not larger than 1 MiB"),
        (policy_file(f'name = "{"x" * 101}"'), "at most 100 letters"),
        (policy_file('name = "a\\u0000b"'), "names a NUL"),
        (policy_file('name = "x"\nreasons = 5'), "policy 1 \\(x\\): reasons are a list"),
        (policy_file('name = "x"\nround = 3'), "policy 1 \\(x\\): 'round' is nothing that is read here"),
        (policy_file('name = "x"', "wait = 3"), "'wait' is nothing that is read here; what is: call, channel"),
        (policy_file('name = "x"') * 2, "the file has 2 policies of .* that are called x"),
    ],
)
def test_a_file_that_cannot_be_used_says_where(duty, content, said):
    with scoped(duty.cast.scope("ha")), pytest.raises(InputError, match=said):
        policies.import_drafts(policies.read_toml(content), at=NOON)


def test_a_policy_needs_a_name_known_reasons_and_posts_of_its_own_office(duty):
    stranger = duty.cast.organisations["dong-son"]
    with scoped(duty.cast.scope("nam")):
        for draft, said in (
            (Draft(duty.office, " ", PLAN), "give the policy a name"),
            (Draft(duty.office, "x", PLAN, ("weather",)), "cannot be for 'weather'"),
            (Draft(stranger, "x", PLAN, post=duty.desk), "is not one of"),
        ):
            with pytest.raises(InputError, match=said):
                policies.keep(draft, at=NOON)


def test_two_policies_of_one_office_have_two_names(duty):
    first, second = keep(duty, "một"), keep(duty, "hai")
    with scoped(duty.cast.scope("ha")), pytest.raises(InputError, match="another policy called một"):
        policies.keep(Draft(duty.office, "một", PLAN), at=NOON, policy_id=second.pk)
    assert keep(duty, "một").pk == first.pk, "kept again by its name it is the same policy"


def test_what_changed_stands_in_the_ledger_and_nothing_changed_stands_nowhere(duty):
    policy = keep(duty, "một")
    keep(duty, "một")
    keep(duty, "một", Reason.HOLE)
    with scoped(duty.cast.scope("ha")):
        policies.remove(policy.pk, at=NOON)
        acts = Entry.objects.filter(subject_kind="policy").order_by("id").values_list("act", flat=True)
        assert list(acts) == ["policy.create", "policy.change", "policy.remove"]
        with pytest.raises(OutOfScope):
            policies.one(policy.pk)
