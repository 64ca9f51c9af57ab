"""What reaches a receiver, and what its answers make of it (trust catalogue, F-C10)."""

import asyncio
import ssl
from datetime import timedelta

import msgspec
import pytest
from support.webhook_receiver import OK, Receiver, saying

from qiao.domains.conversations.contracts import MessageKind
from qiao.domains.webhooks import sending
from qiao.domains.webhooks.contracts import EndpointChanges, NewEndpoint, ReplayWish
from qiao.domains.webhooks.rules import WAITS
from qiao.domains.webhooks.signing import signature
from qiao.kit.clock import utc_now

pytestmark = [pytest.mark.database, pytest.mark.fault("F-C10")]


async def told(company, receiver, *answers, events=("message.sent",), **more):
    """One message written with one endpoint listening; its answer is on record."""
    receiver.answers = list(answers) or [OK]
    endpoint_id, secret = await company.endpoint(receiver.url, *events, **more)
    conversation = await company.talk()
    await company.write(conversation, "发货了")
    await company.queue()
    await company.send()
    return endpoint_id, secret, conversation


async def test_a_fact_arrives_signed_in_its_public_form(company, receiver):
    endpoint_id, secret, conversation = await told(company, receiver)
    (got,) = receiver.got
    assert got.headers["webhook-signature"] == signature(secret, got.id, int(got.headers["webhook-timestamp"]), got.body)
    assert got.headers["content-type"] == "application/json"
    assert (got.event["type"], got.event["data"]["text"]) == ("message.sent", "发货了")
    assert got.event["data"]["author"] == {"kind": "agent", "id": "00000000-0000-0000-0000-000000000007", "name": "小棠"}
    assert got.event["data"]["conversation_id"] == str(conversation.id)
    assert got.event["data"]["inbox_id"] == str(conversation.inbox_id)
    assert set(got.event) == {"type", "timestamp", "data"}
    (delivery,) = await company.deliveries(endpoint_id)
    assert (delivery.state, delivery.tries, delivery.status, delivery.message_id) == ("delivered", 1, 204, got.id)


async def test_500_again_and_again_runs_through_the_schedule_and_ends_as_failed_under_one_id(company, receiver):
    endpoint_id, *_ = await told(company, receiver, saying(500, body="出错了".encode()))
    waited = []
    for _wait in WAITS:
        (delivery,) = await company.deliveries(endpoint_id)
        waited.append((delivery.due_at - utc_now()).total_seconds())
        await company.hours_go_by(waited[-1] / 3600 + 0.001)
        await company.send()
    assert [0.88 <= waited / meant <= 1.11 for waited, meant in zip(waited, WAITS, strict=True)] == [True] * len(WAITS)
    (delivery,) = await company.deliveries(endpoint_id)
    assert (delivery.state, delivery.tries, delivery.status, delivery.reason) == ("failed", 10, 500, "status")
    assert len(receiver.got) == 10
    assert len(set(receiver.ids)) == 1
    assert {one.body for one in receiver.got} == {receiver.got[0].body}
    assert [(one.status, one.answer) for one in await company.tries(endpoint_id)] == [(500, "出错了")] * 10
    shown = await company.act("get", endpoint_id)
    assert (shown.failed, shown.waiting, shown.days[0].failed) == (1, 0, 10)


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 418, 500])
async def test_what_is_not_2xx_is_a_failure_and_a_redirect_is_not_followed(company, receiver, status):
    elsewhere = Receiver()
    endpoint_id, *_ = await told(company, receiver, saying(status, f"location: {await elsewhere.open()}"))
    (delivery,) = await company.deliveries(endpoint_id)
    assert (delivery.state, delivery.status) == ("waiting", status)
    assert elsewhere.got == []
    await elsewhere.close()


async def test_410_switches_the_endpoint_off_and_those_who_may_mend_it_are_told(company, receiver):
    endpoint_id, _, conversation = await told(company, receiver, saying(410))
    shown = await company.act("get", endpoint_id)
    assert (shown.enabled, shown.off_reason, company.told_off) == (False, "gone", [(endpoint_id, "gone")])
    await company.write(conversation, "unheard")
    await company.queue()
    await company.hours_go_by(100)
    await company.send()
    assert len(receiver.got) == 1
    receiver.answers = [OK]
    await company.act("change", endpoint_id, EndpointChanges(enabled=True), None)
    await company.send()
    assert (await company.act("get", endpoint_id)).off_reason is None
    assert receiver.ids == [receiver.ids[0]] * 2


async def test_an_endpoint_that_nothing_reaches_for_days_is_switched_off_and_catches_up_when_it_is_back(company, receiver):
    endpoint_id, _, conversation = await told(company, receiver, saying(500))
    await company.hours_go_by(121)
    await company.send()
    assert (await company.act("get", endpoint_id)).off_reason == "failing"
    assert company.told_off == [(endpoint_id, "failing")]
    await company.write(conversation, "while it was off")
    await company.queue()
    receiver.answers = [OK]
    await company.act("change", endpoint_id, EndpointChanges(enabled=True), None)
    async with company.database.scope(company.workspace.id) as scope:
        await company.webhooks.queueing.catch_up(scope, endpoint_id)
    await company.hours_go_by(1)
    await company.send()
    assert "while it was off" in [one.event["data"]["text"] for one in receiver.got]
    assert {one.state for one in await company.deliveries(endpoint_id)} == {"delivered"}


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_who_has_too_much_to_do_is_left_alone_for_as_long_as_it_asks(company, receiver, status):
    endpoint_id, _, conversation = await told(company, receiver, saying(status, "retry-after: 600"), OK)
    await company.write(conversation, "and another")
    await company.queue()
    await company.send()
    await company.hours_go_by(0.15)
    await company.send()
    assert len(receiver.got) == 1
    await company.hours_go_by(0.05)
    await company.send()
    assert len(receiver.got) == 3
    assert {one.state for one in await company.deliveries(endpoint_id)} == {"delivered"}


async def test_who_hangs_drips_or_breaks_off_costs_a_try_and_no_more(company, receiver, monkeypatch):
    monkeypatch.setattr(sending, "TRY_SECONDS", 0.3)

    async def hang(_writer):
        await asyncio.sleep(1)

    async def drip(writer):
        for letter in b"HTTP/1.1 200 OK\r\n" * 9:
            writer.write(bytes([letter]))
            await asyncio.sleep(0.1)

    async def break_off(writer):
        writer.write(b"HTTP/1.1 2")

    async def late(writer):
        await asyncio.sleep(0.6)
        writer.write(OK)

    endpoint_id, *_ = await told(company, receiver, hang, drip, break_off, late, OK)
    for _ in range(4):
        await company.hours_go_by(10)
        await company.send()
    tries = await company.tries(endpoint_id)
    assert [one.reason for one in tries] == ["timeout", "timeout", "broken", "timeout", None]
    assert all(one.milliseconds < 900 for one in tries)
    assert len(set(receiver.ids)) == 1


async def test_of_an_endless_answer_a_kilobyte_is_kept_and_the_rest_not_waited_for(company, receiver):
    async def endless(writer):
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"y\x00" * 5_000)
            await writer.drain()

    endpoint_id, *_ = await told(company, receiver, endless)
    (one,) = await company.tries(endpoint_id)
    assert (one.status, one.reason, len(one.answer)) == (200, None, 1_024)


async def test_a_certificate_that_nobody_knows_is_refused(company, tmp_path):
    receiver = Receiver()
    receiver.url = await receiver.open(_self_signed(tmp_path))
    endpoint_id, *_ = await told(company, receiver)
    (one,) = await company.tries(endpoint_id)
    assert (one.status, one.reason, receiver.got) == (None, "tls", [])
    await receiver.close()


async def test_nobody_there_is_a_failure_with_its_reason(company, receiver):
    await receiver.close()
    endpoint_id, *_ = await told(company, receiver)
    assert [one.reason for one in await company.tries(endpoint_id)] == ["connect"]


async def test_only_what_was_asked_for_is_sent_and_notes_never_unasked(company, receiver):
    async with company.database.scope(company.workspace.id) as scope:
        mine = await company.inbox(scope)
    await company.endpoint(receiver.url, "message.sent", "conversation.opened", inbox_ids=[mine.id])
    await company.write(await company.talk(), "of another inbox")
    conversation = await company.talk(mine)
    await company.write(conversation, "of mine")
    await company.write(conversation, "between us", MessageKind.NOTE)
    await company.queue()
    await company.send()
    assert sorted(one.event["type"] for one in receiver.got) == ["conversation.opened", "message.sent"]
    assert b"between us" not in b"".join(one.body for one in receiver.got)
    await company.endpoint(receiver.url, "note.posted")
    await company.write(conversation, "asked for", MessageKind.NOTE)
    await company.queue()
    await company.send()
    assert receiver.got[-1].event["data"]["text"] == "asked for"


async def test_ordered_events_of_a_conversation_wait_for_each_other_and_for_nobody_else(company, receiver):
    receiver.answers = [saying(500), OK]
    endpoint_id, _ = await company.endpoint(receiver.url, "message.sent", ordered=True)
    first, second = await company.talk(), await company.talk()
    for conversation, text in ((first, "1"), (first, "2"), (second, "a"), (first, "3")):
        await company.write(conversation, text)
        await company.queue()
        await company.send()
    assert [one.event["data"]["text"] for one in receiver.got] == ["1", "a"]
    await company.hours_go_by(1)
    await company.send()
    assert [one.event["data"]["text"] for one in receiver.got] == ["1", "a", "1", "2", "3"]
    assert {one.state for one in await company.deliveries(endpoint_id)} == {"delivered"}


async def test_for_a_day_after_a_rotation_both_secrets_sign_and_then_the_new_one_alone(company, receiver):
    endpoint_id, old, conversation = await told(company, receiver)
    new = (await company.act("rotate", endpoint_id, None)).secret
    await company.write(conversation, "in the overlap")
    await company.queue()
    await company.send()
    await company.hours_go_by(24.1)
    await company.write(conversation, "after it")
    await company.queue()
    await company.send()
    _, during, after = receiver.got
    made = {
        name: [signature(secret, got.id, int(got.headers["webhook-timestamp"]), got.body) for secret in (new, old)]
        for name, got in (("during", during), ("after", after))
    }
    assert during.headers["webhook-signature"].split() == made["during"]
    assert after.headers["webhook-signature"].split() == made["after"][:1]


async def test_a_secret_that_no_longer_opens_is_mended_by_a_new_one(company, receiver):
    endpoint_id, _, conversation = await told(company, receiver)
    async with company.database.across() as connection:
        await connection.execute("update webhook_endpoints set secret = $2 where id = $1", endpoint_id, b"\x03of another key")
    await company.write(conversation, "unsigned")
    await company.queue()
    await company.send()
    assert (await company.deliveries(endpoint_id))[-1].reason == "secret"
    new = (await company.act("rotate", endpoint_id, None)).secret
    await company.hours_go_by(1)
    await company.send()
    got = receiver.got[-1]
    made = signature(new, got.id, int(got.headers["webhook-timestamp"]), got.body)
    assert (got.event["data"]["text"], got.headers["webhook-signature"]) == ("unsigned", made)


async def test_replays_keep_the_id_one_by_one_all_that_failed_or_a_span_of_time(company, receiver):
    endpoint_id, _, conversation = await told(company, receiver)
    (first,) = await company.deliveries(endpoint_id)
    await company.act("replay_one", endpoint_id, first.id, None)
    await company.send()
    assert receiver.ids == [first.message_id] * 2
    assert (await company.act("replay", endpoint_id, ReplayWish(), None)).count == 0
    await company.write(conversation, "second")
    await company.queue()
    await company.send()
    ids = [one.message_id for one in await company.deliveries(endpoint_id)]
    now = utc_now()
    past = ReplayWish(until=(now - timedelta(hours=1)).isoformat(), delivered_too=True)
    assert (await company.act("replay", endpoint_id, past, None)).count == 0
    done = await company.act(
        "replay", endpoint_id, ReplayWish(since=(now - timedelta(hours=1)).isoformat(), delivered_too=True), None
    )
    await company.send()
    assert (done.count, done.more, sorted(receiver.ids[-2:])) == (2, False, sorted(ids))
    assert [one.replays for one in await company.deliveries(endpoint_id)] == [2, 1]


async def test_a_ping_goes_the_way_of_all_events(company, receiver):
    endpoint_id, secret = await company.endpoint(receiver.url, "message.sent", headers=[])
    delivery = await company.act("ping", endpoint_id, None)
    await company.send()
    (got,) = receiver.got
    assert (got.event["type"], got.id) == ("ping", delivery.message_id)
    assert got.headers["webhook-signature"] == signature(secret, got.id, int(got.headers["webhook-timestamp"]), got.body)


async def test_an_address_that_leads_inside_is_not_asked_and_its_refusal_says_nothing_more(company, receiver):
    endpoint_id, *_ = await told(company, receiver)
    company.rooms.outbound._allow_private = False
    await company.act("ping", endpoint_id, None)
    await company.send()
    assert len(receiver.got) == 1
    assert (await company.deliveries(endpoint_id))[-1].reason == "refused"
    company.rooms.outbound._allow_private = True


async def test_a_full_queue_leaves_the_rest_in_the_log_and_nothing_is_lost(company, receiver, monkeypatch):
    from qiao.domains.webhooks import lanes, queueing

    monkeypatch.setattr(lanes, "MAX_WAITING", 3)
    monkeypatch.setattr(queueing, "MAX_WAITING", 3)
    monkeypatch.setattr(queueing, "ROOM", 1)
    endpoint_id, _ = await company.endpoint(receiver.url, "message.sent")
    conversation = await company.talk()
    for number in range(8):
        await company.write(conversation, str(number))
    await company.queue()
    shown = await company.act("get", endpoint_id)
    assert (shown.waiting, shown.behind) == (3, True)
    for _ in range(4):
        await company.send()
        async with company.database.scope(company.workspace.id) as scope:
            await company.webhooks.queueing.catch_up(scope, endpoint_id)
    assert sorted(one.event["data"]["text"] for one in receiver.got) == [str(number) for number in range(8)]
    assert not (await company.act("get", endpoint_id)).behind


async def test_a_fact_in_the_log_that_cannot_be_read_is_parked_and_those_after_it_are_sent(company, receiver, monkeypatch):
    from qiao.domains.webhooks import lanes, queueing

    monkeypatch.setattr(lanes, "MAX_WAITING", 1)
    monkeypatch.setattr(queueing, "MAX_WAITING", 1)
    monkeypatch.setattr(queueing, "ROOM", 1)
    endpoint_id, _ = await company.endpoint(receiver.url, "message.sent")
    conversation = await company.talk()
    for number in range(4):
        await company.write(conversation, str(number))
    await company.queue()
    async with company.database.across() as connection:
        position = await connection.fetchval(
            'update log_events set data = \'{"id": 7}\' where workspace_id = $1 and data like \'%"text":"2"%\' returning position',
            company.workspace.id,
        )
    for _ in range(4):
        await company.send()
        async with company.database.scope(company.workspace.id) as scope:
            await company.webhooks.queueing.catch_up(scope, endpoint_id)
    assert sorted(one.event["data"]["text"] for one in receiver.got) == ["0", "1", "3"]
    assert not (await company.act("get", endpoint_id)).behind
    async with company.database.across() as connection:
        parked = await connection.fetch(
            "select subscriber, position, reason from log_parked where workspace_id = $1", company.workspace.id
        )
    assert [(one["subscriber"], one["position"]) for one in parked] == [("webhooks", position)]
    assert parked[0]["reason"].startswith("ValidationError: ")


async def test_clearing_takes_what_is_over_for_a_month_and_nothing_else(company, receiver):
    endpoint_id, _, conversation = await told(company, receiver)
    async with company.database.across() as connection:
        await connection.execute("update webhook_deliveries set done_at = done_at - interval '31 days'")
    await company.write(conversation, "of today")
    await company.queue()
    await company.send()
    await company.webhooks.clear()
    assert [one.type for one in await company.deliveries(endpoint_id)] == ["message.sent"]
    assert len(receiver.got) == 2


async def test_headers_of_the_company_ride_along(company, receiver):
    new = {"url": receiver.url, "events": ["message.sent"], "headers": [{"name": "X-Key", "value": "s3cret"}]}
    made = await company.act("create", msgspec.convert(new, NewEndpoint), None)
    await company.act("ping", made.endpoint.id, None)
    await company.send()
    assert receiver.got[0].headers["x-key"] == "s3cret"
    assert made.endpoint.header_names == ["X-Key"]


def _self_signed(folder):
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
    now = utc_now()
    signed = made.not_valid_before(now).not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "both.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM) + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")
    return context
