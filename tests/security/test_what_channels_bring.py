"""Scripts in every word that a channel brings: text to the API, text to the console, and never a page of ours. Attack 42."""

import re
from pathlib import Path

import pytest

from qiao.channels.registry import load_channels
from qiao.domains.inboxes.contracts import NewInbox
from qiao.ports.channel import InboundMessage, Media, Sender
from qiao.ports.testing.heron import Heron, body_of, says, signed

pytestmark = pytest.mark.database

WEB = Path(__file__).parents[2] / "web" / "apps"
SCRIPT = "<img src=x onerror=alert(1)>\"'><script>alert(1)</script>"
DRAWN = re.compile(r"v-html|innerHTML|outerHTML|insertAdjacentHTML|dangerouslySetInnerHTML|document\.write")


@pytest.fixture(autouse=True)
def _with_a_heron(monkeypatch):
    monkeypatch.setattr("qiao.app.house.load_channels", lambda: {**load_channels(), "heron": Heron()})


@pytest.fixture
async def inbox(house, workspace):
    async with house.database.scope(workspace.id) as scope:
        inbox = await house.inboxes.create(scope, NewInbox(channel="heron", name=SCRIPT[:60]))
        await house.accounts.set_secrets(scope, inbox.id, {"signing": "heron-signing-secret-canary"})
    return inbox


async def test_scripts_in_every_word_are_words(house, workspace, inbox, door):
    message = InboundMessage(
        provider_id=f"<{SCRIPT}@example.com>",
        sender=Sender(address=SCRIPT, name=SCRIPT, email="a@example.com", attributes={"from": SCRIPT}),
        text=SCRIPT,
        subject=SCRIPT,
        notes=(SCRIPT,),
        fields={SCRIPT: SCRIPT},
        media=(Media(kind="file", data=b"tea", name=f"{SCRIPT}.txt"),),
    )
    provider, agent = await door(), await door("agent")
    body = body_of(message)
    assert (await provider.post(f"/in/{inbox.key}", content=body, headers=signed(body))).status_code == 200
    await house.reception.drain(workspace.id)
    (talk,) = (await agent.get("/api/v1/conversations?view=all")).json()["items"]
    answer = await agent.get(f"/api/v1/conversations/{talk['id']}/messages")
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["x-content-type-options"] == "nosniff"
    said = answer.json()["items"][0]
    assert (said["text"], said["content"]["channel"]["subject"]) == (SCRIPT, SCRIPT)
    assert talk["contact"]["name"] == SCRIPT
    (file,) = said["attachments"]
    served = await agent.get(file["url"])
    assert served.headers["content-disposition"].startswith("attachment")
    assert not set('<>"\r\n') & set(served.headers["content-disposition"].removeprefix("attachment; filename=").strip('"'))


async def test_a_body_that_is_a_page_is_no_page_of_ours(house, workspace, inbox, door):
    """What was delivered is shown to admins as an excerpt in JSON."""
    provider, admin = await door(), await door("admin")
    body = body_of(says("m1", SCRIPT))
    await provider.post(f"/in/{inbox.key}", content=body, headers=signed(body))
    answer = await admin.get(f"/api/v1/inboxes/{inbox.id}/receipts")
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_nothing_of_a_conversation_is_drawn_as_markup():
    """The faces have text put in by Vue and Preact, which escape it; what draws markup is named here, and cleaned by the server."""
    faces = [
        one
        for folder in ("console", "widget")
        for one in (WEB / folder / "src").rglob("*")
        if one.suffix in {".vue", ".ts", ".tsx"}
    ]
    drawing = {one.relative_to(WEB).as_posix() for one in faces if ".test." not in one.name and DRAWN.search(one.read_text())}
    assert drawing <= {
        "console/src/features/bot/TrialResult.vue",
        "console/src/features/knowledge/ArticlePreview.vue",
        "console/src/features/knowledge/MarkdownField.vue",
    }
    assert len(faces) > 100
