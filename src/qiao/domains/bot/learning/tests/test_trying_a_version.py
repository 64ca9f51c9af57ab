"""An experiment in the bot's turns: new conversations of its share are answered otherwise, and the figures say how it went."""

from datetime import timedelta
from uuid import UUID

import pytest

from qiao.domains.bot.contracts import Limits, Timings
from qiao.domains.bot.finding import Found
from qiao.domains.bot.learning.experiment_contracts import ArmChanges, NewExperiment, Trying
from qiao.domains.bot.learning.experiments import has_second
from qiao.domains.bot.learning.trying import rezoned
from qiao.domains.bot.zones import Decision
from qiao.kit.clock import utc_now

pytestmark = pytest.mark.database


async def begin(shop, share=0.99, **changes):
    async with shop.database.scope(shop.workspace.id) as scope:
        return await shop.bot.experiments.begin(scope, NewExperiment(name="谨慎", changes=ArmChanges(**changes), share=share))


async def customer_of(shop, experiment, *, second):
    """A new customer whose conversation gets the wanted version."""
    await shop.new_customer()
    while has_second(experiment.id, shop.talk.id, experiment.share) is not second:
        await shop.new_customer()


async def test_a_higher_line_offers_what_was_answered(shop):
    experiment = await begin(shop, 0.5, answer_from=0.999)
    await customer_of(shop, experiment, second=False)
    await shop.say("邮费多少钱")
    assert (await shop.turns())[0].zone == "answer"
    await customer_of(shop, experiment, second=True)
    await shop.say("邮费多少钱")
    (turn,) = await shop.turns()
    assert (turn.zone, turn.thresholds.answer) == ("offer", 0.999)


async def test_giving_up_otherwise(shop):
    experiment = await begin(shop, hand_over_when_unsure=False)
    await customer_of(shop, experiment, second=True)
    await shop.say("zzqx vvkp")
    assert await shop.status() == "bot"


async def test_conversations_that_began_before_stay_as_they_were(shop):
    await shop.say("怎么退货？")
    await begin(shop, answer_from=0.999)
    await shop.say("邮费多少钱")
    assert (await shop.turns())[-1].zone == "answer"


async def test_after_its_end_everybody_is_answered_alike(shop):
    experiment = await begin(shop, answer_from=0.999)
    async with shop.database.scope(shop.workspace.id) as scope:
        await shop.bot.experiments.end(scope, experiment.id)
    await customer_of(shop, experiment, second=True)
    await shop.say("邮费多少钱")
    assert (await shop.turns())[0].zone == "answer"


async def test_both_versions_are_told_apart_in_the_figures(shop):
    experiment = await begin(shop, 0.5, answer_from=0.999)
    for second in (True, False, False):
        await customer_of(shop, experiment, second=second)
        await shop.say("邮费多少钱")
    await shop.settle()
    async with shop.database.scope(shop.workspace.id) as scope:
        (told,) = await shop.bot.experiments.all(scope, 5, utc_now() + timedelta(hours=80))
    assert (told.first.sessions, told.first.contained.hits) == (2, 2)
    assert (told.second.sessions, told.second.contained.hits) == (1, 0)


async def test_no_lower_line_answers_where_two_entries_are_equal(shop):
    """Two entries with the customer's very words and different answers: any line would be met by either of them."""
    await shop.publish("杯子能退吗？", "能，7 天内。", variants=["碎了怎么办"])
    await shop.publish("碗能退吗？", "碗不能退。", variants=["碎了怎么办"])
    experiment = await begin(shop, answer_from=0.3)
    await customer_of(shop, experiment, second=True)
    await shop.say("碎了怎么办")
    (turn,) = await shop.turns()
    assert (turn.zone, len(turn.candidates)) == ("offer", 2)


@pytest.mark.parametrize(("tied", "zone"), [(True, "offer"), (False, "answer")])
def test_an_offer_becomes_an_answer_only_where_one_is_ahead(tied, zone):
    decision = Decision("offer", 0.5, (), "close_call", tied=tied)
    found = Found(
        decision=decision,
        candidates=[],
        used_question="",
        vector=None,
        limits=Limits(0.9, 0.5),
        index_version="1",
        model=None,
        timings=Timings(0.0, 0.0, 0.0),
    )
    line = Trying(experiment_id=UUID(int=1), name="a", second=True, changes=ArmChanges(answer_from=0.4), subject=None)
    assert rezoned(found, line).decision.zone == zone
