"""The bot's settings after a change: what is given is set, what is not stays, and what no customer could read is refused."""

import pytest

from qiao.domains.bot.contracts import BotSettingsChanges
from qiao.domains.bot.errors import BotSettingsInvalid
from qiao.domains.bot.settings import MAX_NAME, MAX_TEXT, changed
from qiao.domains.bot.words import DEFAULTS


def test_nothing_given_changes_nothing():
    assert changed(DEFAULTS, BotSettingsChanges()) == DEFAULTS


def test_one_language_of_a_text_leaves_the_other():
    after = changed(DEFAULTS, BotSettingsChanges(name={"zh": " 小桥\x00 "}, disclosure={"en": "A bot speaks."}))
    assert after.name == {**DEFAULTS.name, "zh": "小桥"}
    assert after.disclosure == {**DEFAULTS.disclosure, "en": "A bot speaks."}
    assert after.off_hours_text == DEFAULTS.off_hours_text


def test_a_switch_can_be_switched_off_and_a_share_set():
    after = changed(DEFAULTS, BotSettingsChanges(hand_over_when_unsure=False, target_wrong=0.2))
    assert (after.hand_over_when_unsure, after.target_wrong) == (False, 0.2)


def test_bounds_are_exact():
    for field, most in (("name", MAX_NAME), ("disclosure", MAX_TEXT), ("hand_over_text", MAX_TEXT), ("off_hours_text", MAX_TEXT)):
        kept = changed(DEFAULTS, BotSettingsChanges(**{field: {"zh": "长" * most}}))
        assert len(getattr(kept, field)["zh"]) == most
        with pytest.raises(BotSettingsInvalid) as refused:
            changed(DEFAULTS, BotSettingsChanges(**{field: {"zh": "长" * (most + 1)}}))
        assert refused.value.details["field"] == field


@pytest.mark.parametrize("text", [{"zh": ""}, {"zh": "  "}, {"en": "\x00"}, {"fr": "Pont"}, {"zh": "好", "ja": "橋"}])
def test_what_nobody_could_read_is_refused(text: dict[str, str]):
    with pytest.raises(BotSettingsInvalid):
        changed(DEFAULTS, BotSettingsChanges(hand_over_text=text))
