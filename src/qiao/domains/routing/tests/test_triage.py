"""Rules that say for which team a conversation is, and how urgent it is: kept, guessed, chosen, and the order of the queue."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.routing.contracts import HandOverCase, NewRule, RoutingRule
from qiao.domains.routing.rules import HEAD_START, LONG_WAIT, counts_from, fits, guess, said_in, shown_priority

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
INBOX, TEAM = UUID(int=1), UUID(int=2)
PRIORITIES = st.sampled_from(sorted(HEAD_START))


def rule(**fields: Any) -> RoutingRule:
    given_fields = {"id": uuid4(), "inbox_id": None, "words": [], "intent": None, "team_id": None, "priority": None}
    return RoutingRule(**{**given_fields, **fields})


def case(words: str = "", reason: str = "asked", intent: str | None = None) -> HandOverCase:
    return HandOverCase(conversation_id=UUID(int=9), inbox_id=INBOX, reason=reason, words=words, intent=intent)


@pytest.mark.parametrize(
    ("reason", "priority"), [("emergency", "urgent"), ("angry", "high"), ("asked", "normal"), ("unsure", "normal")]
)
def test_danger_and_anger_say_how_urgent(reason, priority):
    assert guess(case(reason=reason), []).priority == priority


def test_the_first_rule_that_fits_counts():
    rules = [rule(words=["发票"], team_id=TEAM), rule(words=["退款", "发票"], priority="high")]
    found = guess(case("想开發票，还要退款"), rules)
    assert (found.team_id, found.priority, found.reason, found.detail) == (TEAM, "normal", "rule", "发票")


def test_a_rule_never_makes_danger_less_urgent():
    found = guess(case("退款", reason="emergency"), [rule(words=["退款"], priority="low", team_id=TEAM)])
    assert (found.priority, found.reason, found.team_id) == ("urgent", "emergency", TEAM)


def test_every_condition_must_hold():
    both = rule(inbox_id=INBOX, words=["refund"], priority="high")
    elsewhere = rule(inbox_id=UUID(int=5), words=["refund"], priority="high")
    assert fits(both, case("a refund please")) == "refund"
    assert fits(elsewhere, case("a refund please")) is None
    assert fits(rule(intent="return", priority="high"), case(intent="return")) == "return"
    assert fits(rule(intent="return", priority="high"), case()) is None
    assert fits(rule(priority="high"), case("anything")) is None


def test_latin_words_are_whole_words():
    assert said_in("VAT", "does the price include vat?")
    assert not said_in("vat", "private matter")


@given(st.text(max_size=200), st.text(max_size=40))
def test_any_text_and_any_word_are_borne(said, word):
    assert said_in(word, said) in {True, False}


@given(PRIORITIES, PRIORITIES, st.integers(0, 10_000))
def test_nobody_waits_for_ever(first, second, minutes):
    """Whoever came earlier by more than the largest difference of head starts is before everybody."""
    most = max(HEAD_START.values()) - min(HEAD_START.values())
    early = NOW - most - timedelta(minutes=minutes + 1)
    assert counts_from(early, first) < counts_from(NOW, second)


@given(PRIORITIES, st.integers(0, 600))
def test_a_long_wait_is_shown_and_what_somebody_chose_stays(priority, minutes):
    since = NOW - timedelta(minutes=minutes)
    assert shown_priority(priority, "chosen", since, NOW) == (priority, "chosen")
    shown = shown_priority(priority, "none", since, NOW)
    raised = priority == "normal" and timedelta(minutes=minutes) >= LONG_WAIT
    assert shown == (("high", "waited") if raised else (priority, "none"))


class TestByHttp:
    """Through the front door."""

    pytestmark = pytest.mark.database

    async def test_supervisors_write_rules_and_agents_read_them(self, door, house, workspace):
        supervisor, agent, viewer = await door("supervisor"), await door("agent"), await door("viewer")
        body = {"rules": [{"words": ["发票", " "], "priority": "high"}]}
        kept = await supervisor.put("/api/v1/routing/rules", json=body)
        assert kept.status_code == 200, kept.text
        assert kept.json()["items"][0]["words"] == ["发票"]
        assert (await agent.get("/api/v1/routing/rules")).json() == kept.json()
        assert [(await one.put("/api/v1/routing/rules", json=body)).status_code for one in (agent, viewer)] == [403, 403]

    @pytest.mark.parametrize(
        "wrong",
        [
            {"priority": "high"},
            {"words": ["a"]},
            {"words": ["a"], "team_id": str(uuid4())},
            {"inbox_id": str(uuid4()), "priority": "low"},
        ],
    )
    async def test_a_rule_that_can_never_fit_is_refused(self, door, wrong):
        supervisor = await door("supervisor")
        refused = await supervisor.put("/api/v1/routing/rules", json={"rules": [wrong]})
        assert (refused.status_code, refused.json()["code"]) == (422, "routing.rule_invalid")
        assert (await supervisor.get("/api/v1/routing/rules")).json()["items"] == []

    async def test_the_rules_are_kept_in_their_order_and_one_companys_alone(self, house, workspace, database):
        from qiao.domains.workspaces.api import Workspaces

        async with database.scope(workspace.id) as scope:
            new = [NewRule(words=[word], priority="high") for word in ("一", "二", "三")]
            await house.routing.triages.replace_rules(scope, new, [])
        other = await Workspaces(database).create(f"w-{uuid4().hex[:12]}", {"zh": "别家"})
        async with database.scope(workspace.id) as scope:
            assert [one.words for one in await house.routing.triages.rules(scope)] == [["一"], ["二"], ["三"]]
        async with database.scope(other.id) as scope:
            assert await house.routing.triages.rules(scope) == []
