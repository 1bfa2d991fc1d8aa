"""The state machine of a case, held against a table written by hand."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cast import NOON
from vonggac.cases.rules import Move, State, after, allowed_moves, is_late
from vonggac.errors import WrongState

TABLE = """
move         sent acknowledged in_progress claimed disputed cannot_comply closed
acknowledge  acknowledged - - - - - -
start        in_progress in_progress - - - - -
claim        claimed claimed claimed claimed - claimed -
dispute      disputed disputed disputed - - - -
refuse       cannot_comply cannot_comply cannot_comply - - - -
settle       - - - - sent sent -
close        closed closed closed closed closed closed -
reopen       - - - in_progress - - in_progress
withdraw     - - - in_progress - - -
"""
HEADER, *LINES = [line.split() for line in TABLE.strip().splitlines()]
EXPECTED = {(move, state): cell for move, *cells in LINES for state, cell in zip(HEADER[1:], cells, strict=True)}


@pytest.mark.parametrize("move", list(Move))
@pytest.mark.parametrize("state", list(State))
def test_every_move_from_every_state_is_as_the_table_says(move, state):
    expected = EXPECTED[move.value, state.value]
    if expected == "-":
        with pytest.raises(WrongState, match=state.value):
            after(state, move)
        assert move not in allowed_moves(state)
    else:
        assert after(state, move) == expected
        assert move in allowed_moves(state)


@given(st.sampled_from(list(State)), st.one_of(st.none(), st.integers(-100, 100)))
def test_only_unanswered_work_past_its_due_time_is_late(state, minutes):
    due = None if minutes is None else NOON + timedelta(minutes=minutes)
    unanswered = state in {State.SENT, State.ACKNOWLEDGED, State.IN_PROGRESS, State.DISPUTED}
    assert is_late(state, due, NOON) == (minutes is not None and minutes < 0 and unanswered)
