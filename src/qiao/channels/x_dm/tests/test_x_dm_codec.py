"""Signatures as published, and whatever a delivery holds."""

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.channels.registry import read_manifest
from qiao.channels.x_dm.adapter import Adapter
from qiao.channels.x_dm.signing import Keys, authorization, signature
from qiao.channels.x_dm.simulator import USER_ID, Simulator
from qiao.kit.errors import QiaoError
from qiao.ports.channel import InboundMessage, RawReceipt
from qiao.ports.testing.channel_suite import Sample
from qiao.ports.testing.hostile import mangled

ADAPTER = Adapter(read_manifest(Path(__file__).parents[1] / "manifest.toml"))
ACCOUNT = Simulator(ADAPTER.manifest).account()
BODIES = [
    json.loads(msgspec.json.decode(path.read_bytes(), type=Sample).body)
    for path in sorted(Path(__file__).parent.glob("samples/*.json"))
]
PUBLISHED = Keys(
    "xvz1evFS4wEEPTGEFPHBog",
    "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw",
    "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb",
    "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE",
)
NONCE, TIMESTAMP = "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg", 1318622958
STATUS = {"include_entities": "true", "status": "Hello Ladies + Gentlemen, a signed OAuth request!"}


def test_a_signature_is_the_one_that_the_platform_publishes():
    own = {
        "oauth_consumer_key": PUBLISHED.consumer_key,
        "oauth_nonce": NONCE,
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": str(TIMESTAMP),
        "oauth_token": PUBLISHED.token,
        "oauth_version": "1.0",
    }
    url = "https://api.twitter.com/1.1/statuses/update.json"
    assert signature("post", url, {**STATUS, **own}, PUBLISHED) == "hCtSmYh+iHYCEqBWrE7C7hYmtUk="


def test_a_signature_is_the_one_of_the_rfc():
    keys = Keys("dpf43f3p2l4k3l03", "kd94hf93k423kf44", "nnch734d00sl2jdk", "pfkkdhi9sl3r4s00")
    parameters = {
        "file": "vacation.jpg",
        "size": "original",
        "oauth_consumer_key": keys.consumer_key,
        "oauth_token": keys.token,
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": "137131202",
        "oauth_nonce": "chapoH",
    }
    assert signature("GET", "http://photos.example.net/photos", parameters, keys) == "MdpQcU8iPSUjWoN/UDMsK2sui9I="


def test_the_header_holds_what_was_signed():
    header = authorization("POST", "https://api.twitter.com/1.1/statuses/update.json", PUBLISHED, NONCE, TIMESTAMP, STATUS)
    assert header.startswith(
        'OAuth oauth_consumer_key="xvz1evFS4wEEPTGEFPHBog", oauth_nonce="kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg"'
    )
    assert 'oauth_signature="hCtSmYh%2BiHYCEqBWrE7C7hYmtUk%3D"' in header
    assert "Hello" not in header


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=4), st.text(max_size=20))
def test_a_touched_request_has_another_signature(parameters, url):
    signed = signature("GET", url, parameters, PUBLISHED)
    assert signed == signature("get", url, dict(reversed(parameters.items())), PUBLISHED)
    assert signed != signature("GET", url + "x", parameters, PUBLISHED)
    assert signed != signature("POST", url, parameters, PUBLISHED)
    assert signed != signature("GET", url, {**parameters, "one more": ""}, PUBLISHED)


def parsed(body: bytes) -> list[object]:
    """What the adapter says, as long as it says it in a stated way."""
    try:
        return list(ADAPTER.parse(RawReceipt("POST", {}, {}, body), ACCOUNT))
    except QiaoError:
        return []


def delivery(**changes: object) -> bytes:
    """One message from one customer."""
    create = {"target": {"recipient_id": USER_ID}, "sender_id": "7", "message_data": {"text": "在"}, **changes}
    event = {"type": "message_create", "id": "1", "created_timestamp": "1770000000000", "message_create": create}
    return json.dumps({"for_user_id": USER_ID, "direct_message_events": [event]}).encode()


@given(st.binary(max_size=200))
def test_any_bytes(body):
    parsed(body)


@given(st.data())
def test_a_real_delivery_with_a_few_things_changed(data):
    body = data.draw(mangled(data.draw(st.sampled_from(BODIES))))
    for one in parsed(json.dumps(body).encode()):
        assert not isinstance(one, InboundMessage) or (one.provider_id and one.sender.address and (one.text or one.media))


@pytest.mark.parametrize("changes", [{"sender_id": ""}, {"message_data": {}}, {"message_data": {"text": ""}}])
def test_what_says_nothing_is_left_out(changes):
    assert len(parsed(delivery())) == 1
    assert parsed(delivery(**changes)) == []


@pytest.mark.parametrize("stamp", ["", "soon", "9" * 40, "²", "-1"])
def test_a_time_that_is_none_hurts_nobody(stamp):
    body = json.loads(delivery())
    body["direct_message_events"][0]["created_timestamp"] = stamp
    (message,) = parsed(json.dumps(body).encode())
    assert (message.text, message.sent_at) == ("在", None)
