"""The suite itself: a channel that keeps every promise passes it, and one that breaks a promise does not."""

import hashlib
import hmac
import json
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
import structlog

from qiao.kit.errors import Refused
from qiao.ports.channel import Account, Capability, InboundMessage, Manifest, RawReceipt, Rejected, Sender, Sent
from qiao.ports.testing.channel_suite import ChannelSuite, Sample
from qiao.ports.testing.wire import MemoryWire

SECRET = "pigeon-secret"
TITLE = {"zh": "信鸽", "en": "Pigeon"}
MANIFEST = Manifest(name="pigeon", tier="bronze", title=TITLE, capabilities=frozenset({Capability.TEXT}), max_text=100)
MANIFEST_TOML = """
name = "pigeon"
tier = "bronze"
title = { zh = "信鸽", en = "Pigeon" }
capabilities = ["text"]
max_text = 100
"""
BODY = json.dumps({"id": "p-1", "from": "loft@example.com", "text": "咕咕"}, ensure_ascii=False)
COO = InboundMessage(provider_id="p-1", sender=Sender(address="loft@example.com"), text="咕咕")


def signature(body: bytes) -> str:
    return hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()


class Pigeon:
    """A channel as it should be."""

    manifest = MANIFEST

    def verify(self, receipt, account):
        given, wanted = receipt.headers.get("x-signature", ""), signature(receipt.body)
        if account.secrets.get("secret") != SECRET or not hmac.compare_digest(given, wanted):
            raise Refused("not a pigeon of ours")

    def parse(self, receipt, account):
        try:
            held = json.loads(receipt.body)
        except (ValueError, RecursionError):
            return []
        if not isinstance(held, dict) or "id" not in held:
            return []
        return [InboundMessage(provider_id=held["id"], sender=Sender(address=held["from"]), text=held["text"])]

    async def send(self, message, account, wire):
        if len(message.text) > self.manifest.max_text:
            return Rejected("too_long")
        return Sent(f"sent-{message.key}")

    async def moderate(self, act, provider_id, account, wire):
        return Rejected("not_allowed")


class Suite(ChannelSuite):
    channel = "pigeon"


@pytest.fixture
def suite() -> Suite:
    return Suite()


@pytest.fixture
def account() -> Account:
    return Account(workspace_id=UUID(int=1), inbox_id=UUID(int=2), inbox_name="鸽舍", secrets={"secret": SECRET})


@pytest.fixture
def wire() -> MemoryWire:
    return MemoryWire()


@pytest.fixture
def samples() -> dict[str, Sample]:
    return {"coo": Sample(headers={"X-Signature": signature(BODY.encode())}, body=BODY, secrets={"secret": SECRET})}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tests = tmp_path / "pigeon" / "tests"
    (tests / "expected").mkdir(parents=True)
    (tests / "expected" / "coo.json").write_bytes(msgspec.json.encode([COO]))
    (tests.parent / "icon.svg").write_text("<svg xmlns='x'/>")
    (tests.parent / "README.md").write_text("# Pigeon")
    (tests.parent / "manifest.toml").write_text(MANIFEST_TOML, encoding="utf-8")
    return tests


async def test_a_good_channel_passes(suite, samples, folder, account, wire):
    pigeon = Pigeon()
    suite.test_the_manifest_is_whole(pigeon, folder)
    suite.test_it_has_a_picture_and_a_page(folder)
    suite.test_what_the_provider_did_not_sign_is_refused(pigeon, account, samples)
    suite.test_without_its_secrets_nothing_is_believed(pigeon, account, samples)
    suite.test_each_sample_gives_its_contracts_again_and_again(pigeon, account, samples, folder)
    suite.test_parsing_survives_anything(pigeon, account)
    await suite.test_a_reply_gets_there(pigeon, account, wire)
    await suite.test_what_is_not_declared_is_refused_before_the_wire(pigeon, account, wire)
    await suite.test_no_secret_reaches_a_log(pigeon, account, wire)


class Trusting(Pigeon):
    def verify(self, receipt, account):
        return None


class Keyless(Pigeon):
    def verify(self, receipt, account):
        if receipt.headers.get("x-signature", "") != signature(receipt.body):
            raise Refused("not a pigeon of ours")


class Deaf(Pigeon):
    def parse(self, receipt, account):
        return []


class Brittle(Pigeon):
    def parse(self, receipt, account):
        return [json.loads(receipt.body)["id"]]


class Inventive(Pigeon):
    def parse(self, receipt, account):
        return [COO]


class Lost(Pigeon):
    async def send(self, message, account, wire):
        return Rejected("no such roof")


class Overloaded(Pigeon):
    async def send(self, message, account, wire):
        return Sent("x")


class Meddling(Pigeon):
    async def moderate(self, act, provider_id, account, wire):
        return Sent("x")


class Talkative(Pigeon):
    async def send(self, message, account, wire):
        structlog.get_logger("pigeon").info("sending", secrets=dict(account.secrets))
        return Sent("x")


class Gossip(Pigeon):
    def verify(self, receipt, account):
        raise Refused(f"the secret {account.secrets['secret']} does not fit")


def test_one_that_believes_everything_fails(suite, samples, account):
    with pytest.raises(pytest.fail.Exception):
        suite.test_what_the_provider_did_not_sign_is_refused(Trusting(), account, samples)


def test_one_that_believes_without_a_secret_fails(suite, samples, account):
    with pytest.raises(pytest.fail.Exception):
        suite.test_without_its_secrets_nothing_is_believed(Keyless(), account, samples)


def test_one_that_hears_nothing_trips_or_makes_things_up_fails(suite, samples, folder, account):
    with pytest.raises(AssertionError):
        suite.test_each_sample_gives_its_contracts_again_and_again(Deaf(), account, samples, folder)
    with pytest.raises((ValueError, KeyError)):
        suite.test_parsing_survives_anything(Brittle(), account)
    with pytest.raises(AssertionError):
        suite.test_parsing_survives_anything(Inventive(), account)


async def test_one_that_sends_nothing_fails(suite, account, wire):
    with pytest.raises(AssertionError):
        await suite.test_a_reply_gets_there(Lost(), account, wire)


@pytest.mark.parametrize("channel", [Overloaded(), Meddling()], ids=["overloaded", "meddling"])
async def test_one_that_does_what_it_does_not_declare_fails(suite, channel, account, wire):
    with pytest.raises(AssertionError):
        await suite.test_what_is_not_declared_is_refused_before_the_wire(channel, account, wire)


@pytest.mark.parametrize("channel", [Talkative(), Gossip()], ids=["talkative", "gossip"])
async def test_one_that_tells_secrets_fails(suite, channel, account, wire):
    with pytest.raises(AssertionError):
        await suite.test_no_secret_reaches_a_log(channel, account, wire)


def test_a_picture_that_runs_something_fails(suite, folder):
    (folder.parent / "icon.svg").write_text("<svg onload='alert(1)'/>")
    with pytest.raises(AssertionError):
        suite.test_it_has_a_picture_and_a_page(folder)


def test_a_sample_is_the_receipt_that_it_describes(samples):
    assert samples["coo"].receipt() == RawReceipt("POST", {"x-signature": signature(BODY.encode())}, {}, BODY.encode())
