"""A guide in a conversation: its picture comes with the message, answers lead on and back, and what is shown is whole at every channel."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from qiao.domains.bot.flows.contracts import FlowDefinition
from qiao.domains.bot.flows.shown import FlowTry, NewFlow
from qiao.domains.bot.flows.tests.flow_samples import ask, both, end, flow_of, say
from qiao.domains.bot.flows.tests.guide_samples import LINK, choice, shown
from qiao.domains.conversations.contracts import Message
from qiao.platform.blobs.contracts import StoredFile
from qiao.platform.blobs.files import Files, open_store

pytestmark = pytest.mark.database
BEGIN = "我的茶壶漏水了"


@pytest.fixture
async def picture(shop: Any, tmp_path: Path) -> StoredFile:
    kept = BytesIO()
    Image.new("RGB", (64, 36), "teal").save(kept, "PNG")
    files = Files(shop.database, open_store("", tmp_path / "guides"))
    async with shop.database.scope(shop.workspace.id) as scope:
        return await files.store(scope, "spout.png", kept.getvalue(), owner=None)


WHERE = [choice("lid", "盖子", "Lid", "film"), choice("body", "壶身", "Body", "crack")]
HELPED = [choice("yes", "好了", "Yes", "end"), choice("again", "再看", "Again", "look")]


def drips(picture: StoredFile) -> FlowDefinition:
    return flow_of(
        say("hello", "我们一起看看。"),
        say("look", "把壶放平。", media=shown(picture)),
        ask("where", "choice", prompt=both("哪里漏？"), choices=WHERE),
        say("film", "看视频。", media=shown(link=LINK), next="helped"),
        ask("helped", "choice", prompt=both("好了吗？"), choices=HELPED),
        end("太好了。"),
        say("crack", "这是裂纹。", media=shown(picture), next="person"),
        {"id": "person", "type": "hand_over", "reason": both("壶身开裂", "Cracked body")},
        trigger={"phrases": {"zh": [BEGIN], "en": ["my pot leaks"]}},
    )


async def published(shop: Any, definition: FlowDefinition) -> Any:
    async with shop.database.scope(shop.workspace.id) as scope:
        flow = await shop.bot.flows.create(scope, NewFlow(definition=definition))
        assert flow.faults == []
        return (await shop.bot.flows.publish(scope, flow.flow.id, None)).flow.id


async def heard(shop: Any, text: str) -> list[Message]:
    """What the bot says to a message, in order."""
    before = len(await shop.replies())
    await shop.say(text)
    return (await shop.replies())[before:]


async def test_a_picture_comes_with_its_words_and_is_called_what_it_shows(shop: Any, picture: StoredFile) -> None:
    await published(shop, drips(picture))
    seen, asked = await heard(shop, BEGIN)
    assert seen.text == "我们一起看看。\n\n把壶放平。"
    (file,) = seen.attachments
    assert (file.id, file.url, file.name, file.width, file.height) == (picture.id, picture.url, "壶嘴的侧面", 64, 36)
    assert (asked.text, asked.attachments) == ("哪里漏？", [])
    assert [one["label"] for one in asked.content["options"]] == ["盖子", "壶身"]
    assert [one.content["disclosure"] for one in (seen, asked)] == [True, False]


async def test_answers_lead_on_and_back_and_a_film_is_a_link(shop: Any, picture: StoredFile) -> None:
    await published(shop, drips(picture))
    await shop.say(BEGIN)
    film, asked = await heard(shop, "盖子")
    assert (film.text, film.attachments) == (f"看视频。\n\n[▶ 壶嘴的侧面]({LINK})", [])
    assert asked.text == "好了吗？"
    again = await heard(shop, "再看")
    assert [one.text for one in again] == ["把壶放平。", "哪里漏？"]
    assert [len(one.attachments) for one in again] == [1, 0]
    assert [one.text for one in await heard(shop, "盖子")][-1] == "好了吗？"
    assert [one.text for one in await heard(shop, "好了")] == ["太好了。"]


async def test_the_last_picture_is_kept_when_a_person_takes_over(shop: Any, picture: StoredFile) -> None:
    await published(shop, drips(picture))
    await shop.say(BEGIN)
    crack, person = await heard(shop, "壶身")
    assert (crack.text, [one.name for one in crack.attachments]) == ("这是裂纹。", ["壶嘴的侧面"])
    assert person.content["type"] == "hand_over"
    assert person.text != ""


async def test_the_button_of_the_help_centre_begins_it_wherever_one_is(shop: Any, picture: StoredFile) -> None:
    flow_id = await published(shop, drips(picture))
    await shop.say("茶壶滴水", option=flow_id)
    assert [one.text for one in await shop.replies()] == ["我们一起看看。\n\n把壶放平。", "哪里漏？"]
    await shop.say("盖子")
    anew = await heard_of_button(shop, flow_id)
    assert anew[0].text.endswith("我们一起看看。\n\n把壶放平。")
    assert [len(one.attachments) for one in anew] == [1, 0]
    assert anew[1].text == "哪里漏？"


async def heard_of_button(shop: Any, flow_id: Any) -> list[Message]:
    before = len(await shop.replies())
    await shop.say("茶壶滴水", option=flow_id)
    return (await shop.replies())[before:]


async def test_a_trial_shows_the_picture_too(shop: Any, picture: StoredFile) -> None:
    flow_id = await published(shop, drips(picture))
    async with shop.database.scope(shop.workspace.id) as scope:
        trial = await shop.bot.flows.try_step(scope, flow_id, FlowTry(language="en"))
    assert [one.file and one.file.name for one in trial.messages] == ["The spout from the side", None]
