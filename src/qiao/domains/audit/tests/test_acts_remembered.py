"""What somebody does through the API is in the audit log when the answer comes: who, from where, what was before and after."""

import csv
import io

import pytest

from qiao.domains.audit import http
from qiao.domains.audit.api import Audit, read_anchors
from qiao.domains.audit.contracts import AuditFilter

pytestmark = pytest.mark.database
INBOXES, HOOKS, LOG = "/api/v1/inboxes", "/api/v1/webhooks", "/api/v1/audit"


@pytest.fixture
def log(house, database, workspace):
    """The entries of the workspace, the newest first."""

    async def read(**wanted):
        async with database.scope(workspace.id) as scope:
            return await house.audit.entries(scope, AuditFilter(**wanted), 100)

    return read


async def test_a_changed_setting_is_told_with_before_and_after(door, log):
    admin = await door("admin")
    made = (await admin.post(INBOXES, json={"channel": "webchat", "name": "门店"})).json()
    await admin.patch(f"{INBOXES}/{made['id']}", json={"name": "旗舰店", "enabled": False})
    changed, created = await log()
    assert (created.action, created.detail) == ("inboxes.made", {"name": "门店"})
    assert (changed.action, changed.subject) == ("inboxes.changed", made["id"])
    assert (str(changed.actor_id), changed.source) == (admin.headers["X-Test-Person"], "127.0.0.1")
    assert changed.detail["changes"] == {
        "enabled": {"before": True, "after": False},
        "name": {"before": "门店", "after": "旗舰店"},
    }


async def test_what_changes_nothing_or_is_refused_leaves_nothing(door, log):
    admin, agent = await door("admin"), await door("agent")
    made = (await admin.post(INBOXES, json={"channel": "webchat", "name": "门店"})).json()
    answers = [
        await admin.patch(f"{INBOXES}/{made['id']}", json={"name": "门店"}),
        await admin.patch(f"{INBOXES}/{made['id']}", json={"name": ""}),
        await agent.patch(f"{INBOXES}/{made['id']}", json={"name": "别的"}),
        await admin.get(f"{INBOXES}/{made['id']}"),
    ]
    assert [answer.status_code for answer in answers] == [200, 422, 403, 200]
    assert [entry.action for entry in await log()] == ["inboxes.made"]


async def test_secrets_are_told_as_changed_and_never_with_their_value(door, log):
    admin = await door("admin")
    header = {"name": "X-Key", "value": "a-header-that-nobody-sees"}
    made = (
        await admin.post(HOOKS, json={"url": "https://erp.example.com/q?token=s3cret-of-the-url", "events": ["message.sent"]})
    ).json()
    path = f"{HOOKS}/{made['endpoint']['id']}"
    await admin.patch(path, json={"headers": [header]})
    await admin.post(f"{path}/secret")
    key = (await admin.post("/api/v1/keys", json={"name": "ERP", "scopes": ["knowledge.read"]})).json()
    entries = await log()
    told = str(entries)
    assert [entry.action for entry in entries] == [
        "people.key_made",
        "webhooks.secret_rotated",
        "webhooks.changed",
        "webhooks.made",
    ]
    assert entries[2].detail["changes"]["headers"] == {"before": "changed", "after": "changed"}
    assert [one in told for one in (header["value"], "s3cret-of-the-url", made["secret"], key["secret"])] == [False] * 4


async def test_what_is_deleted_of_knowledge_is_told_by_its_name(door, log):
    editor = await door("admin")
    base = "/api/v1/knowledge"
    article = (await editor.post(f"{base}/articles", json={"slug": "size"})).json()
    for language, title in (("zh", "尺寸"), ("en", "Size")):
        text = {"title": title, "body": title}
        assert (await editor.put(f"{base}/articles/{article['id']}/translations/{language}", json=text)).status_code == 200
    made = {
        "faqs": {"question": "可以退货吗？", "answer": "七天内可以。", "language": "zh"},
        "categories": {"name": {"zh": "退换货", "en": "Returns"}},
        "snippets": {"shortcut": "hi", "title": "问候", "body": {"zh": "您好"}},
    }
    ids = {kind: (await editor.post(f"{base}/{kind}", json=body)).json()["id"] for kind, body in made.items()}
    for kind, one in {**ids, "articles": article["id"]}.items():
        assert (await editor.delete(f"{base}/{kind}/{one}")).status_code == 204
    deleted = {entry.action: entry.detail["name"] for entry in await log() if entry.action.endswith("_deleted")}
    assert deleted == {
        "knowledge.faq_deleted": "可以退货吗？",
        "knowledge.category_deleted": {"zh": "退换货", "en": "Returns"},
        "knowledge.snippet_deleted": "问候",
        "knowledge.article_deleted": {"zh": "尺寸", "en": "Size"},
    }


async def test_shelves_snippets_and_what_an_article_is_are_told_before_and_after(door, log):
    editor = await door("admin")
    base = "/api/v1/knowledge"
    shelf = (await editor.post(f"{base}/categories", json={"name": {"zh": "退换货"}})).json()
    snippet = (await editor.post(f"{base}/snippets", json={"shortcut": "hi", "title": "问候", "body": {"zh": "您好"}})).json()
    article = (await editor.post(f"{base}/articles", json={"slug": "size"})).json()
    await editor.patch(f"{base}/categories/{shelf['id']}", json={"name": {"zh": "售后", "en": "After sales"}})
    await editor.patch(f"{base}/snippets/{snippet['id']}", json={"body": {"zh": "您好！"}})
    await editor.patch(f"{base}/articles/{article['id']}", json={"category_id": shelf["id"], "audience": "agents"})
    await editor.patch(f"{base}/articles/{article['id']}", json={"audience": "agents"})
    changed = {entry.action: entry.detail["changes"] for entry in await log() if entry.action.endswith("_changed")}
    assert changed == {
        "knowledge.category_changed": {
            "name.zh": {"before": "退换货", "after": "售后"},
            "name.en": {"before": None, "after": "After sales"},
        },
        "knowledge.snippet_changed": {"body.zh": {"before": "您好", "after": "您好！"}},
        "knowledge.article_changed": {
            "category_id": {"before": None, "after": shelf["id"]},
            "audience": {"before": "everyone", "after": "agents"},
        },
    }


async def test_experiments_are_told_with_who_has_the_second_version(door, log):
    editor = await door("admin")
    base = "/api/v1/bot/learning/experiments"
    body = {"name": "surer", "changes": {"answer_from": 0.95}, "share": 0.25}
    made = (await editor.post(base, json=body)).json()
    await editor.post(f"{base}/{made['id']}/end")
    ended, begun = await log()
    assert (begun.action, begun.detail["name"], ended.action, ended.detail["name"]) == (
        "bot.experiment_begun", "surer", "bot.experiment_ended", "surer",
    )  # fmt: skip
    assert begun.detail["changes"] == {
        "answer_from": {"before": None, "after": 0.95},
        "share": {"before": 0.0, "after": 0.25},
    }
    assert ended.detail["changes"] == {"share": {"before": 0.25, "after": 0.0}}


async def test_what_a_program_does_is_told_by_its_name(door, log):
    admin = await door("admin")
    key = (await admin.post("/api/v1/keys", json={"name": "商城同步", "scopes": ["workspace.write"]})).json()
    program = await door(Authorization=f"Bearer {key['secret']}")
    assert (await program.patch("/api/v1/workspace", json={"name": {"zh": "新店", "en": "New"}})).status_code == 200
    changed = (await log())[0]
    assert (changed.action, str(changed.actor_id), changed.detail["program"]) == (
        "workspace.changed",
        key["key"]["id"],
        "商城同步",
    )


async def test_who_reads_the_log_is_told_once_an_hour_and_each_export_every_time(door, log):
    admin = await door("admin")
    for _ in range(3):
        assert (await admin.get(LOG)).status_code == 200
        assert (await admin.get(f"{LOG}/export")).status_code == 200
    assert sorted(entry.action for entry in await log()) == ["audit.exported"] * 3 + ["audit.read"]


async def test_pages_follow_each_other_by_cursor_like_all_lists(door, house, database, workspace):
    from qiao.domains.audit.api import Done

    admin = await door("admin")
    for number in range(130):
        async with database.scope(workspace.id) as scope:
            await house.audit.record(scope, Done(action="bot.settings_changed", subject=str(number)))
    first = (await admin.get(LOG, params={"limit": 400, "action": "bot."})).json()
    second = (await admin.get(LOG, params={"limit": 100, "action": "bot.", "cursor": first["next_cursor"]})).json()
    assert ([len(page["items"]) for page in (first, second)], second["next_cursor"]) == ([100, 30], None)
    numbers = [entry["number"] for page in (first, second) for entry in page["items"]]
    assert numbers == sorted(set(numbers), reverse=True)
    wrong = [
        await admin.get(LOG, params=one) for one in ({"cursor": "bm9uc2Vuc2U"}, {"scope": "x"}, {"request": "x"}, {"before": 3})
    ]
    assert [answer.status_code for answer in wrong] == [422, 400, 400, 400]


async def test_the_chain_holds_over_what_many_do_at_once(door, house, database, workspace, tmp_path):
    import asyncio

    admin = await door("admin")
    made = (await admin.post(INBOXES, json={"channel": "webchat", "name": "门店"})).json()
    answers = await asyncio.gather(
        *(admin.patch(f"{INBOXES}/{made['id']}", json={"name": f"店{number}"}) for number in range(12)),
        *(admin.post("/api/v1/teams", json={"name": {"zh": f"队{number}", "en": f"Team {number}"}}) for number in range(12)),
    )
    assert {answer.status_code for answer in answers} == {200, 201}
    count, faults = await house.audit.verify(read_anchors(tmp_path / "none"))
    assert [fault for fault in faults if fault.workspace_id == workspace.id] == []
    assert count >= 25


async def test_a_long_log_is_verified_in_parts(database, workspace, tmp_path, monkeypatch):
    from qiao.domains.audit import repository
    from qiao.domains.audit.api import Done

    audit = Audit(database, ["a key"], tmp_path / "heads.jsonl")
    async with database.scope(workspace.id) as scope:
        for number in range(25):
            await audit.record(scope, Done(action="bot.settings_changed", subject=str(number)))
    await audit.anchor()
    monkeypatch.setattr(repository, "AT_ONCE", 7)
    async with database.across() as connection:
        sizes = [len(part) async for part in repository.entries_of(connection, workspace.id)]
    assert sizes == [7, 7, 7, 4]
    _count, faults = await audit.verify(
        [one for one in read_anchors(tmp_path / "heads.jsonl") if one.workspace_id == workspace.id]
    )
    assert [fault for fault in faults if fault.workspace_id == workspace.id] == []


async def test_an_export_holds_every_entry_however_many_and_is_itself_one(door, monkeypatch):
    monkeypatch.setattr(http, "EXPORTED_AT_ONCE", 2)
    admin = await door("admin")
    for number in range(4):
        await admin.post("/api/v1/webhooks", json={"url": f"https://erp.example.com/{number}", "events": ["message.sent"]})
    answer = await admin.get("/api/v1/audit/export")
    head, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    numbers = [int(row[0]) for row in rows]
    assert (answer.headers["content-type"].partition(";")[0], head[0]) == ("text/csv", "number")
    assert len(numbers) >= 4
    assert numbers == list(range(numbers[0], 0, -1))
    told = (await admin.get("/api/v1/audit", params={"action": "audit.exported"})).json()["items"]
    assert len(told) == 1
