"""The door of providers: nothing is believed unsigned, everything believed is stored before it is acknowledged."""

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qiao.channels.registry import load_channels
from qiao.domains.inboxes.contracts import InboxChanges, NewInbox
from qiao.kit.ids import rising_id
from qiao.ports.testing.heron import SECRET, Heron, body_of, says, signed

pytestmark = pytest.mark.database


@pytest.fixture(autouse=True)
def heron(monkeypatch):
    heron = Heron()
    monkeypatch.setattr("qiao.app.house.load_channels", lambda: {**load_channels(), "heron": heron})
    return heron


@pytest.fixture
async def inbox(heron, house, workspace):
    async with house.database.scope(workspace.id) as scope:
        inbox = await house.inboxes.create(scope, NewInbox(channel="heron", name="苍鹭"))
        await house.accounts.set_secrets(scope, inbox.id, {"signing": SECRET})
    return inbox


@pytest.fixture
async def provider(door):
    return await door()


@pytest.fixture
def kept(house, workspace):
    async def rows():
        async with house.database.across() as connection:
            return await connection.fetch("select * from receipts where workspace_id = $1 order by id", workspace.id)

    return rows


async def test_a_signed_delivery_is_stored_as_it_came_and_acknowledged_as_the_provider_wants(inbox, provider, kept):
    body = body_of(says("m1", "你好"))
    answer = await provider.post(f"/in/{inbox.key}?nonce=7", content=body, headers=signed(body))
    assert (answer.status_code, answer.text) == (200, "success")
    (row,) = await kept()
    assert (bytes(row["body"]), row["query"], row["state"], row["inbox_id"]) == (body, {"nonce": "7"}, "queued", inbox.id)


async def test_nothing_that_proves_the_provider_is_kept(inbox, provider, kept):
    body = body_of()
    hidden = {
        "Authorization": "Bearer canary-1",
        "Cookie": "a=canary-2",
        "X-Bot-Secret-Token": "canary-3",
        "X-Forwarded-For": "1.2.3.4",
    }
    query = {"access_token": "canary-4", "api_key": "canary-5", "msg_signature": "ok"}
    answer = await provider.post(f"/in/{inbox.key}", params=query, content=body, headers={**signed(body), **hidden})
    assert answer.status_code == 200
    (row,) = await kept()
    assert "canary" not in str(dict(row))
    assert row["query"] == {"msg_signature": "ok"}
    assert row["headers"]["x-heron-signature"]


async def test_a_handshake_is_answered_and_not_stored(inbox, provider, kept):
    answer = await provider.get(f"/in/{inbox.key}", params={"signing": SECRET, "echo": "4711"})
    assert (answer.status_code, answer.text) == (200, "4711")
    assert await kept() == []


@pytest.mark.parametrize(
    "forged",
    [{}, {"x-heron-signature": ""}, {"x-heron-signature": "0" * 64}, signed(b"other"), signed(b"[]", "another secret")],
)
async def test_what_is_not_signed_is_refused_and_not_stored(inbox, provider, kept, forged):
    answer = await provider.post(f"/in/{inbox.key}", content=b"[]", headers=forged)
    assert (answer.status_code, answer.json()["code"]) == (403, "auth.refused")
    assert SECRET not in answer.text
    assert await kept() == []


async def test_without_its_secret_an_inbox_believes_nothing(house, inbox, provider, workspace, kept):
    async with house.database.scope(workspace.id) as scope:
        assert await house.accounts.set_secrets(scope, inbox.id, {"signing": None}) == []
    answer = await provider.post(f"/in/{inbox.key}", content=b"[]", headers=signed(b"[]", ""))
    assert answer.status_code == 403
    assert await kept() == []


async def test_a_secret_of_another_company_opens_nothing(house, inbox, provider, kept, database):
    from qiao.domains.workspaces.api import Workspaces

    other = await Workspaces(database).create(f"w-{rising_id().hex[-12:]}", {"zh": "别家"})
    async with house.database.scope(other.id) as scope:
        theirs = await house.inboxes.create(scope, NewInbox(channel="heron", name="别家"))
        await house.accounts.set_secrets(scope, theirs.id, {"signing": "their own secret"})
    assert (await provider.post(f"/in/{theirs.key}", content=b"[]", headers=signed(b"[]"))).status_code == 403
    assert (await provider.post(f"/in/{inbox.key}", content=b"[]", headers=signed(b"[]", "their own secret"))).status_code == 403
    assert await kept() == []


@pytest.mark.parametrize("key", ["nobody", "00-11", "%00", "a" * 3000, "..", "é-ü"])
async def test_an_unknown_key_is_an_unknown_address(inbox, provider, key):
    assert (await provider.post(f"/in/{key}", content=b"[]", headers=signed(b"[]"))).status_code in {404, 405}


async def test_a_switched_off_inbox_is_an_unknown_address_at_once(house, inbox, provider, workspace):
    assert (await provider.post(f"/in/{inbox.key}", content=b"[]", headers=signed(b"[]"))).status_code == 200
    async with house.database.scope(workspace.id) as scope:
        await house.inboxes.change(scope, inbox.id, InboxChanges(enabled=False))
    assert (await provider.post(f"/in/{inbox.key}", content=b"[]", headers=signed(b"[]"))).status_code == 404


async def test_a_changed_secret_counts_from_the_next_delivery(house, inbox, provider, workspace):
    assert (await provider.post(f"/in/{inbox.key}", content=b"[]", headers=signed(b"[]"))).status_code == 200
    async with house.database.scope(workspace.id) as scope:
        await house.accounts.set_secrets(scope, inbox.id, {"signing": "rotated"})
    assert (await provider.post(f"/in/{inbox.key}", content=b"[]", headers=signed(b"[]"))).status_code == 403
    assert (await provider.post(f"/in/{inbox.key}", content=b"[]", headers=signed(b"[]", "rotated"))).status_code == 200


async def test_too_large_a_body_is_refused_whole(inbox, provider, kept):
    large = bytes(11 * 1024 * 1024)
    answer = await provider.post(f"/in/{inbox.key}", content=large, headers=signed(large))
    assert answer.status_code == 413
    assert await kept() == []


async def test_an_adapter_that_stumbles_over_a_stranger_refuses(inbox, provider, kept):
    answer = await provider.post(f"/in/{inbox.key}", content=b"crash", headers=signed(b"crash"))
    assert (answer.status_code, answer.json()["code"]) == (403, "auth.refused")
    assert await kept() == []


async def test_hundreds_of_headers_are_cut_to_what_is_needed(inbox, provider, kept):
    many = {f"x-noise-{number}": "y" * 3000 for number in range(90)}
    assert (await provider.post(f"/in/{inbox.key}", content=b"[]", headers={**signed(b"[]"), **many})).status_code == 200
    (row,) = await kept()
    assert len(row["headers"]) <= 60
    assert max(map(len, row["headers"].values())) <= 2000


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
async def test_other_methods_are_not_taken(inbox, provider, method):
    assert (await provider.request(method, f"/in/{inbox.key}")).status_code == 405


@given(body=st.binary(max_size=300), header=st.text(st.characters(min_codepoint=33, max_codepoint=255), max_size=80))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_noise_is_refused_and_leaves_nothing(inbox, provider, kept, body, header):
    sent = {"x-heron-signature": header.encode("latin-1")}
    assert (await provider.post(f"/in/{inbox.key}", content=body, headers=sent)).status_code == 403
    assert await kept() == []


async def test_many_at_once_keep_the_order_in_which_they_came(inbox, provider, kept):
    bodies = [body_of(says(f"m{number:02}")) for number in range(40)]
    for wave in range(4):
        mine = bodies[wave * 10 : wave * 10 + 10]
        answers = await asyncio.gather(*(provider.post(f"/in/{inbox.key}", content=one, headers=signed(one)) for one in mine))
        assert {one.status_code for one in answers} == {200}
    # Those of one wave came at once; what was acknowledged before another began stands before it.
    rows = [bytes(row["body"]) for row in await kept()]
    assert [sorted(rows[at : at + 10]) for at in range(0, 40, 10)] == [bodies[at : at + 10] for at in range(0, 40, 10)]


def test_ids_rise_within_the_same_millisecond():
    ids = [rising_id() for _ in range(5000)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 5000
    assert {one.version for one in ids} == {7}


async def test_what_was_done_is_forgotten_after_thirty_days_and_what_is_parked_after_sixty(
    inbox, provider, kept, house, workspace
):
    states = {29: "done", 31: "done", 32: "parked", 59: "queued", 61: "parked"}
    for number in states:
        body = body_of(says(f"m{number}", "你好"))
        assert (await provider.post(f"/in/{inbox.key}", content=body, headers=signed(body))).status_code == 200
    async with house.database.across() as connection:
        for row, (days, state) in zip(await kept(), states.items(), strict=True):
            await connection.execute(
                "update receipts set state = $3, received_at = now() - make_interval(days => $4) where workspace_id = $1 and id = $2",
                workspace.id, row["id"], state, days,
            )  # fmt: skip
    await house.receipts.prune()
    assert [row["state"] for row in await kept()] == ["done", "parked", "queued"]
