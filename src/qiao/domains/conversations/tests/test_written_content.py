"""What agents write beside text: kept with the message as it was written, refused when it is nonsense."""

import pytest

from qiao.domains.contacts.contracts import ContactFields
from qiao.domains.conversations.contracts import NewConversation, Status
from qiao.domains.inboxes.contracts import NewInbox

pytestmark = pytest.mark.database


@pytest.fixture
async def talk(house, workspace) -> str:
    async with house.database.scope(workspace.id) as scope:
        inbox = await house.inboxes.create(scope, NewInbox(channel=next(iter(house.channels)), name="官网"))
        contact = await house.contacts.create(scope, ContactFields(name="林语桐"))
    new = NewConversation(inbox_id=inbox.id, contact_id=contact.id, status=Status.OPEN)
    return str((await house.conversations.find_or_open(workspace.id, new)).id)


@pytest.mark.parametrize(
    "content",
    [
        {"type": "template", "name": "parcel_on_its_way", "language": "zh_CN", "values": ["林语桐", "SF123"]},
        {"type": "text", "tagged": True},
        {"type": "text", "channel": {"quoted_seq": 3, "subject": "Re: 茶壶"}},
        {"type": "place", "latitude": 30.25, "longitude": 120.17, "name": "兰亭茶器", "address": "杭州"},
        {"type": "card", "title": "订单 1001", "facts": [["状态", "已发货"]], "url": "https://shop.example/1001"},
    ],
    ids=lambda content: "-".join(content)[:40],
)
async def test_what_is_written_is_kept_as_it_was(door, talk, content):
    agent = await door("agent")
    written = {"client_id": "one", "text": "您好", "content": content}
    answer = await agent.post(f"/api/v1/conversations/{talk}/messages", json=written)
    assert answer.status_code == 201, answer.text
    assert answer.json()["content"] == content


async def test_a_plain_text_has_no_content(door, talk):
    agent = await door("agent")
    written = {"client_id": "one", "text": "您好", "content": {"type": "text"}}
    assert (await agent.post(f"/api/v1/conversations/{talk}/messages", json=written)).json()["content"] is None


@pytest.mark.parametrize(
    "content",
    [
        {"type": "event", "event": "resolved"},
        {"type": "template", "name": "", "language": "zh"},
        {"type": "template", "name": "a"},
        {"type": "place", "latitude": 91, "longitude": 0},
        {"type": "text", "disclosure": True},
        {"type": "card", "title": "x", "url": "javascript:alert(1)"},
        {"type": "text", "channel": {"recalled": True}},
    ],
    ids=lambda content: "-".join([content["type"], *content][:4]),
)
async def test_what_only_the_product_may_say_is_refused(door, talk, content):
    agent = await door("agent")
    answer = await agent.post(
        f"/api/v1/conversations/{talk}/messages", json={"client_id": "one", "text": "x", "content": content}
    )
    assert 400 <= answer.status_code < 500
    shown = (await agent.get(f"/api/v1/conversations/{talk}/messages")).json()
    assert shown["items"] == []
