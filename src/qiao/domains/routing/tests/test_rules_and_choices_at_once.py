"""Rules and priorities when two supervisors save at once, when a guess meets a choice, and with words of every kind."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from qiao.domains.routing.contracts import MAX_RULES, HandOverCase, NewRule, RoutingRule
from qiao.domains.routing.errors import RuleInvalid
from qiao.domains.routing.rules import counts_from, fits, guess, said_in, shown_priority

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
INBOX, OTHER, TEAM = UUID(int=1), UUID(int=2), UUID(int=3)


def case(words: str = "", reason: str = "asked_for_person", **fields: Any) -> HandOverCase:
    return HandOverCase(**({"conversation_id": UUID(int=9), "inbox_id": INBOX, "reason": reason, "words": words} | fields))


def rule(*words: str, **fields: Any) -> RoutingRule:
    plain = {"id": uuid4(), "inbox_id": None, "words": list(words), "intent": None, "team_id": None, "priority": None}
    return RoutingRule(**(plain | fields))


def test_words_are_met_in_any_form_and_latin_ones_whole():
    met = {
        ("发票", "我要開發票"): True,
        ("發票", "发票怎么开"): True,
        ("ＶＩＰ", "i am a vip customer"): True,
        ("vip", "vips are welcome"): False,
        ("refund", "refund!"): True,
        ("refund", "prerefunded"): False,
        ("c++", "i write c++ code"): True,
        ("a.b", "axb"): False,
        ("", "anything"): False,
        ("  ", "anything"): False,
        ("12315", "我要打12315"): True,
        ("退 货", "我要退 货"): True,
    }
    from qiao.kit.text import normalise

    assert {pair: said_in(pair[0], normalise(pair[1])) for pair in met} == met


def test_the_end_of_a_long_message_is_what_is_read():
    assert fits(rule("发票"), case("啊" * 10_000 + "发票")) == "发票"
    assert fits(rule("发票"), case("发票" + "啊" * 10_000)) is None


def test_every_condition_of_a_rule_holds_or_it_does_not_fit():
    both = rule("发票", inbox_id=INBOX, intent="invoice")
    assert fits(both, case("要发票", intent="invoice")) == "发票"
    assert fits(both, case("要发票", intent="returns")) is None
    assert fits(both, case("要发票", intent="invoice", inbox_id=OTHER)) is None
    assert fits(both, case("别的", intent="invoice")) is None
    assert fits(rule(intent="invoice"), case(intent="invoice")) == "invoice"
    assert fits(rule(inbox_id=INBOX), case()) == ""
    assert fits(rule(), case("什么都有")) is None


def test_the_higher_of_mood_and_rule_counts_and_says_why():
    def read(reason: str, **fields: Any) -> tuple[str, str, Any]:
        found = guess(case("发票", reason), [rule("发票", **fields)])
        return found.priority, found.reason, found.team_id

    assert read("asked_for_person", priority="high", team_id=TEAM) == ("high", "rule", TEAM)
    assert read("asked_for_person", priority="low") == ("low", "rule", None)
    assert read("angry", priority="low", team_id=TEAM) == ("high", "angry", TEAM)
    assert read("angry", priority="urgent") == ("urgent", "rule", None)
    assert read("emergency", priority="urgent") == ("urgent", "emergency", None)
    assert read("asked_for_person", team_id=TEAM) == ("normal", "rule", TEAM)
    assert guess(case("别的"), [rule("发票", priority="urgent")]).reason == "none"


def test_a_head_start_orders_the_queue_and_ends():
    came = {
        name: NOW - timedelta(minutes=minutes) for name, minutes in (("normal", 60), ("high", 25), ("urgent", 1), ("low", 100))
    }
    order = sorted(came, key=lambda name: counts_from(came[name], name))
    assert order == ["urgent", "low", "normal", "high"]
    assert counts_from(NOW - timedelta(hours=5), "normal") < counts_from(NOW, "urgent")


def test_a_long_wait_is_shown_until_somebody_decides():
    long_ago = NOW - timedelta(minutes=30)
    assert shown_priority("normal", "none", long_ago, NOW) == ("high", "waited")
    assert shown_priority("normal", "none", long_ago + timedelta(seconds=1), NOW) == ("normal", "none")
    assert shown_priority("normal", "chosen", long_ago, NOW) == ("normal", "chosen")
    assert shown_priority("low", "rule", long_ago, NOW) == ("low", "rule")


@pytest.mark.database
class TestStored:
    """Through the door, on a real database."""

    async def rules(self, house: Any, workspace: Any, database: Any, *words: str) -> list[Any]:
        async with database.scope(workspace.id) as scope:
            new = [NewRule(words=[word], priority="high") for word in words]
            return await house.routing.triages.replace_rules(scope, new, [])

    async def test_of_two_who_save_at_once_the_rules_of_one_stand(self, house, workspace, database):
        lists = [[f"{name}{number}" for number in range(8)] for name in ("甲", "乙", "丙")]
        for _ in range(5):
            await asyncio.gather(*(self.rules(house, workspace, database, *words) for words in lists))
            async with database.scope(workspace.id) as scope:
                kept = [one.words[0] for one in await house.routing.triages.rules(scope)]
            assert kept in lists

    async def test_a_list_with_one_wrong_rule_changes_nothing(self, house, workspace, database):
        await self.rules(house, workspace, database, "旧")
        wrong = [NewRule(words=["新"], priority="high"), NewRule(words=["\x00", " "], priority="high")]
        for new in (wrong, [NewRule(words=["新"], priority="high")] * (MAX_RULES + 1)):
            with pytest.raises(RuleInvalid):
                async with database.scope(workspace.id) as scope:
                    await house.routing.triages.replace_rules(scope, new, [])
        async with database.scope(workspace.id) as scope:
            assert [one.words for one in await house.routing.triages.rules(scope)] == [["旧"]]

    async def test_words_are_kept_once_and_clean(self, house, workspace, database):
        async with database.scope(workspace.id) as scope:
            new = [NewRule(words=[" 发票 ", "发票", "\x00vip", "😀", "？！"], intent=" invoice ", priority="low")]
            (kept,) = await house.routing.triages.replace_rules(scope, new, [])
        assert (kept.words, kept.intent) == (["发票", "vip", "😀", "？！"], "invoice")
