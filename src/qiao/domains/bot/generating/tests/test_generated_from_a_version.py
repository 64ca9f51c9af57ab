"""A language model beside an experiment: it words the version that the conversation has, and nothing that was taken from customers."""

import pytest

from qiao.domains.bot.generating.tests.writing_shop import passages_in
from qiao.domains.bot.learning.experiment_contracts import ArmChanges, NewExperiment, TriedEntry
from qiao.domains.bot.learning.experiments import has_second
from qiao.ports.testing.llm_endpoint import says

pytestmark = [pytest.mark.database, pytest.mark.slow]
QUESTION, FIRST, SECOND = "运费怎么算？", "满 199 元包邮，不满收 12 元。", "满 188 元包邮，不满收 15 元。"


async def customer_with(shop, *, second):
    """A new customer with this version of the experiment, which has just begun."""
    tried = TriedEntry(entry_id=shop.faqs[QUESTION].id, answer=SECOND)
    async with shop.database.scope(shop.workspace.id) as scope:
        new = NewExperiment(name="说法", changes=ArmChanges(entry=tried))
        experiment = await shop.bot.experiments.begin(scope, new)
    await shop.new_customer()
    while has_second(experiment.id, shop.talk.id, experiment.share) is not second:
        await shop.new_customer()


def worded(request):
    """Says what the first passage says, in its own words."""
    at, text = next((at, one) for at, one in enumerate(passages_in(request), start=1) if "包邮" in one)
    return f"您好！{text.splitlines()[-1]}[{at}]"


@pytest.mark.parametrize(("second", "said", "unsaid"), [(False, FIRST, SECOND), (True, SECOND, FIRST)])
async def test_it_is_given_the_version_and_no_other(shop, endpoint, second, said, unsaid):
    await customer_with(shop, second=second)
    endpoint.then(says(worded))
    reply = await shop.say(QUESTION)
    assert (reply.text, reply.content["generated"]) == (f"您好！{said}", True)
    assert not any(unsaid in text for text in passages_in(endpoint.requests[0]))
    assert [one.second for one in await shop.turns()] == [second]


async def test_what_turns_internal_while_it_writes_is_not_said(shop, endpoint):
    await customer_with(shop, second=True)
    question = await shop.write(QUESTION)
    written, made = shop.generating.written, []

    async def writing(*what):
        made.append(await written(*what))
        await shop.change_faq(shop.faqs[QUESTION], audience="agents")
        return made[0]

    shop.generating.written = writing
    endpoint.then(says(worded))
    await shop.bot.take_turn(shop.workspace.id, shop.talk.id, question.seq)
    assert SECOND in made[0].written.text
    assert not [one for one in await shop.replies() if "包邮" in one.text]
    assert [one.second for one in await shop.turns()] == [None]
