"""The life of a mailbox as data, and when nobody opens it: values only."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbox.life import checks, inactivity, states
from mailbox.life.checks import Known
from mailbox.life.inactivity import Told
from mailbox.life.states import Act, State
from mailbox.models import Mailbox
from mailbox.publication import entry

NOW = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)
YEAR = 365 * DAY


def test_a_mailbox_is_opened_suspended_closed_and_destroyed_in_that_order_only():
    allowed = {
        (state.value, act.value): states.after(state, act).value for state in State for act in states.possible(state)
    }
    assert allowed == {
        ("requested", "open"): "active", ("requested", "close"): "closed", ("active", "suspend"): "suspended",
        ("active", "close"): "closed", ("suspended", "resume"): "active", ("suspended", "close"): "closed",
        ("closed", "reopen"): "active", ("closed", "destroy"): "deleted",
    }  # fmt: skip
    with pytest.raises(states.Impossible):
        states.after(State.DELETED, Act.REOPEN)


def test_every_state_of_the_model_is_one_of_the_machine_and_only_an_active_mailbox_is_published():
    assert set(Mailbox.State.values) == {state.value for state in State}
    assert set(entry._NOT_OPEN) == {state.value for state in State} - {"active"}


def test_time_closes_destroys_and_ends_suspensions_when_it_is_due_and_not_before():
    soon, past = NOW + DAY, NOW - DAY
    nothing = {"suspended_until": None, "closing_at": None, "destroy_at": None}

    def due(state: str, **facts: object) -> Act | None:
        return states.due(state, **(nothing | facts), now=NOW)

    assert due("active", closing_at=past) == Act.CLOSE and due("active", closing_at=soon) is None
    assert due("suspended", suspended_until=past) == Act.RESUME and due("suspended", suspended_until=soon) is None
    assert due("suspended", suspended_until=past, closing_at=past) == Act.CLOSE
    assert due("closed", destroy_at=past) == Act.DESTROY and due("closed", destroy_at=soon) is None
    assert due("closed", destroy_at=None) is None and due("deleted", destroy_at=past) is None
    assert due("active", destroy_at=past) is None


def walk(active_at: datetime, hours: list[datetime]) -> list[tuple[int, object]]:
    """What is said at each of these hours; the day counted from `active_at`."""
    found: list[tuple[int, object]] = []
    told = Told()
    for now in hours:
        look = inactivity.look(active_at=active_at, told=told, allowed=YEAR, now=now)
        told = look.told
        if look.close or look.warn:
            found.append(((now - active_at).days, "close" if look.close else told.stage))
        if look.close:
            break
    return found


def test_a_year_without_anybody_is_warned_of_at_60_30_and_7_days_then_closes():
    days = [NOW + n * DAY for n in range(400)]
    assert walk(NOW, days) == [(305, 60), (335, 30), (358, 7), (365, "close")]


def test_whoever_signs_in_after_a_warning_is_left_alone():
    told = Told(NOW + 10 * DAY, 30)
    look = inactivity.look(active_at=NOW - DAY, told=told, allowed=YEAR, now=NOW)
    assert (look.told, look.warn, look.close) == (Told(), False, False)
    assert look.again_at == NOW - DAY + YEAR - 60 * DAY


@given(st.integers(0, 2000), st.lists(st.integers(1, 200), min_size=1, max_size=30))
def test_however_late_the_machine_is_nobody_is_closed_without_sixty_days_and_a_last_week(age, gaps):
    """An old mailbox, and a worker that sleeps between its looks."""
    active_at, now, told = NOW - age * DAY, NOW, Told()
    first = last = None
    for gap in gaps:
        look = inactivity.look(active_at=active_at, told=told, allowed=YEAR, now=now)
        told = look.told
        assert look.close or look.again_at > now
        if look.warn:
            first, last = first or now, (now, told.stage)
        if look.close:
            assert now >= active_at + YEAR
            assert first is not None and now - first >= 60 * DAY
            assert last is not None and last[1] == 7 and now - last[0] >= 7 * DAY
            return
        now += gap * DAY


def test_what_agrees_with_the_directory_is_told_field_by_field():
    given = {"rpps": "10001234567", "first_name": "Zoé", "last_name": "LE GOFF", "profession": "Pharmacienne titulaire"}
    known = Known(first_name="Zoe", last_name="Le Goff", profession="Pharmacien")
    assert checks.all_agree(checks.of_person(**given, known=known))
    for faulty in (None, Known(), Known("Zoe", "Le Goff", "Médecin"), Known("Léa", "Le Goff", "Pharmacien"),
                   Known("Zoe", "Le Goff", "Pharmacien", is_gone=True)):  # fmt: skip
        assert not checks.all_agree(checks.of_person(**given, known=faulty))
    assert not checks.all_agree(checks.of_person(**(given | {"rpps": ""}), known=known))
    place = Known(name="PHARMACIE DUPONT", town="PARIS")
    assert checks.all_agree(
        checks.of_structure(number="750000002", name="Pharmacie Dupont", town="Paris 12e", known=place)
    )
    assert not checks.all_agree(
        checks.of_structure(number="750000002", name="Pharmacie Durand", town="Paris", known=place)
    )
    assert not checks.all_agree(checks.of_structure(number="750000002", name="", town="", known=Known()))
