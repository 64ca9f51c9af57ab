"""Files: the message is there at once, its files come afterwards or are said to be lost. F-C12."""

import io

import pytest
from PIL import Image

from qiao.domains.reception import media
from qiao.domains.reception.media import MAX_ATTEMPTS
from qiao.kit.ids import new_id
from qiao.ports.channel import FetchedMedia, Media, NeedsReauth, Rejected, Retry
from qiao.ports.testing.heron import says

pytestmark = pytest.mark.database


def picture(side=20):
    out = io.BytesIO()
    Image.new("RGB", (side, side), "teal").save(out, "PNG")
    return out.getvalue()


def remote(name="茶杯.png", ref="f1", kind="image"):
    return Media(kind=kind, ref={"id": ref}, name=name)


async def test_what_came_along_is_there_with_its_message(desk):
    await desk.told(says("m1", "您看", media=(Media(kind="image", data=picture(), name="裂痕.png"),)))
    (message,) = await desk.messages()
    (file,) = message.attachments
    assert (file.name, file.content_type, file.width, message.content) == ("裂痕.png", "image/png", 20, None)


async def test_a_file_elsewhere_is_fetched_after_its_message(desk):
    desk.heron.media["f1"] = [FetchedMedia(data=picture())]
    await desk.told(says("m1", media=(remote(),)))
    (before,) = await desk.messages()
    assert (before.attachments, before.content) == ([], {"fetching": [{"kind": "image", "name": "茶杯.png"}]})
    await desk.jobs()
    (after,) = await desk.messages()
    assert ([one.name for one in after.attachments], after.content) == (["茶杯.png"], None)
    (fact,) = await desk.facts("conversations.message_changed.v1")
    assert [one["content_type"] for one in fact.fields()["attachments"]] == ["image/png"]


async def test_several_files_come_one_by_one_in_any_order(desk):
    desk.heron.media |= {f"f{number}": [FetchedMedia(data=picture(10 + number))] for number in range(4)}
    await desk.told(says("m1", media=tuple(remote(f"{number}.png", f"f{number}") for number in range(4))))
    await desk.jobs()
    (message,) = await desk.messages()
    assert sorted(one.name for one in message.attachments) == ["0.png", "1.png", "2.png", "3.png"]
    assert message.content is None


@pytest.mark.fault("F-C12")
async def test_an_expired_file_is_a_place_with_its_reason(desk):
    desk.heron.media["f1"] = [Rejected("expired")]
    desk.heron.media["f2"] = [FetchedMedia(data=picture())]
    await desk.told(says("m1", "两张", media=(remote(), remote("二.png", "f2"))))
    await desk.jobs()
    (message,) = await desk.messages()
    assert [one.name for one in message.attachments] == ["二.png"]
    assert message.content == {"lost": [{"kind": "image", "name": "茶杯.png", "reason": "expired"}]}


@pytest.mark.fault("F-C12")
async def test_a_provider_that_asks_to_wait_is_asked_again(desk):
    desk.heron.media["f1"] = [Retry(5.0, "busy"), Retry(5.0, "busy"), FetchedMedia(data=picture())]
    await desk.told(says("m1", media=(remote(),)))
    await desk.jobs()
    (row,) = await desk.rows("select state, attempts, reason from channel_media where workspace_id = $1")
    assert row == {"state": "fetching", "attempts": 1, "reason": "busy"}
    waits = await desk.rows(
        "select execute_after > now() + interval '3 seconds' as later from pgqueuer where $1::uuid is not null"
    )
    assert [one["later"] for one in waits] == [True]
    await desk.jobs()
    await desk.jobs()
    (message,) = await desk.messages()
    assert len(message.attachments) == 1


async def test_patience_has_an_end(desk):
    desk.heron.media["f1"] = [Retry(0.1, "busy")] * MAX_ATTEMPTS
    await desk.told(says("m1", media=(remote(),)))
    for _ in range(MAX_ATTEMPTS):
        await desk.jobs()
    (message,) = await desk.messages()
    assert message.content == {"lost": [{"kind": "image", "name": "茶杯.png", "reason": "busy"}]}
    assert desk.heron.media["f1"] == []


async def test_a_token_that_is_refused_breaks_the_inbox_and_the_file_comes_later(desk):
    desk.heron.media["f1"] = [NeedsReauth("revoked"), FetchedMedia(data=picture())]
    await desk.told(says("m1", media=(remote(),)))
    await desk.jobs()
    assert (await desk.state()).state == "broken"
    await desk.jobs()
    assert len((await desk.messages())[0].attachments) == 1
    assert ((await desk.state()).state, len(await desk.facts("inboxes.mended.v1"))) == ("ok", 1)


async def test_what_a_file_showed_to_be_broken_is_mended_by_a_pull_and_not_by_files_that_need_no_account(desk):
    desk.heron.media |= {"f1": [NeedsReauth("revoked") for _ in range(9)], "f2": [FetchedMedia(data=picture())]}
    await desk.told(says("m1", media=(remote(),)))
    await desk.jobs()
    await desk.told(says("m2", media=(remote(ref="f2"),)))
    await desk.jobs()
    assert (await desk.state()).state == "broken"
    await desk.reception.pulling.pull(desk.workspace.id, desk.inbox.id, {})
    assert (await desk.state()).state == "ok"


async def test_a_file_that_comes_does_not_mend_what_sending_showed_to_be_broken(desk):
    desk.heron.media["f1"] = [NeedsReauth("revoked"), FetchedMedia(data=picture())]
    await desk.told(says("m1", media=(remote(),)))
    await desk.jobs()
    async with desk.database.scope(desk.workspace.id) as scope:
        await desk.house.accounts.broke(scope, desk.inbox.id, "may not send")
    await desk.jobs()
    assert len((await desk.messages())[0].attachments) == 1
    assert (await desk.state()).state == "broken"


async def test_a_file_that_stays_refused_is_given_up_in_the_end(desk, monkeypatch):
    monkeypatch.setattr(media, "MAX_WAITS", 2)
    desk.heron.media["f1"] = [NeedsReauth("revoked") for _ in range(9)]
    await desk.told(says("m1", media=(remote(),)))
    for _ in range(4):
        await desk.jobs()
    (message,) = await desk.messages()
    assert message.content["lost"] == [{"kind": "image", "name": "茶杯.png", "reason": "revoked"}]
    assert len(desk.heron.media["f1"]) == 9 - 3
    assert await desk.rows("select from pgqueuer where entrypoint = 'reception.fetch' and $1::uuid is not null") == []


async def test_however_often_an_inbox_is_mended_a_file_is_asked_for_no_more_often(desk):
    desk.heron.media["f1"] = [NeedsReauth("revoked") for _ in range(40)]
    await desk.told(says("m1", media=(remote(),)))
    waiting = []
    for _ in range(4):
        await desk.jobs()
        for _ in range(3):
            async with desk.database.scope(desk.workspace.id) as scope:
                await desk.reception.media.resume(scope, desk.inbox.id)
        (row,) = await desk.rows(
            "select count(*) as n from pgqueuer where entrypoint = 'reception.fetch' and status = 'queued' and $1::uuid is not null"
        )
        waiting.append(row["n"])
    assert max(waiting) <= 3


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "uploads.empty"),
        (b"<svg onload=alert(1)>", "uploads.type_not_allowed"),
        (b"MZ\x90\x00" + bytes(100), "uploads.type_not_allowed"),
    ],
)
async def test_what_uploads_refuse_is_lost_with_its_reason(desk, data, reason):
    """Attacks 43 to 46: customers' files pass the checks of every upload, whichever way they come."""
    desk.heron.media["f1"] = [FetchedMedia(data=data)]
    await desk.told(says("m1", media=(remote("x.png"), Media(kind="file", data=data, name="y.png"))))
    await desk.jobs()
    (message,) = await desk.messages()
    assert message.attachments == []
    assert [one["reason"] for one in message.content["lost"]] == [reason, reason]


async def test_a_hostile_name_is_no_path(desk):
    """Attack 45."""
    names = ["../../etc/passwd", "\u200b.htaccess", "a\x00b.png", "\u202egnp.exe", "x" * 4000 + ".png", 'q"u\r\no.png']
    media = tuple(Media(kind="image", data=picture(), name=name) for name in names)
    await desk.told(says("m1", media=media))
    (message,) = await desk.messages()
    assert len(message.attachments) == len(names)
    assert not [one for one in message.attachments if set(one.name) & set('/\\\x00"\r\n\u202e\u200b') or len(one.name) > 200]


async def test_five_hundred_files_are_cut_to_what_is_kept(desk):
    await desk.told(says("m1", media=tuple(Media(kind="file", data=b"tea", name=f"{n}.txt") for n in range(60))))
    (message,) = await desk.messages()
    assert (len(message.attachments), len(message.content["lost"])) == (20, 40)
    assert {one["reason"] for one in message.content["lost"]} == {"too_many_files"}


async def test_fetching_again_what_is_there_changes_nothing(desk):
    desk.heron.media["f1"] = [FetchedMedia(data=picture()), FetchedMedia(data=picture())]
    await desk.told(says("m1", media=(remote(),)))
    (talk,) = await desk.talks()
    arguments = {"conversation_id": str(talk["id"]), "seq": 1, "nth": 0}
    media = desk.reception._receiver._media
    await media.fetch(desk.workspace.id, arguments)
    await media.fetch(desk.workspace.id, arguments)
    await media.fetch(desk.workspace.id, {**arguments, "conversation_id": str(new_id())})
    assert len((await desk.messages())[0].attachments) == 1
    assert len(desk.heron.media["f1"]) == 1


async def test_whatever_a_provider_says_of_a_file_is_kept(desk):
    desk.heron.media |= {"f1": [Retry(float("inf"), "bu\x00sy"), Rejected("go\x00ne")], "f2": [NeedsReauth("re\x00voked")]}
    await desk.told(says("m1", media=(remote(), remote(ref="f2"))))
    await desk.jobs()
    assert (await desk.state()).reason == "revoked"
    await desk.jobs()
    (message,) = await desk.messages()
    assert [one["reason"] for one in message.content["lost"]] == ["gone"]
