"""The suite itself: a channel that keeps every promise passes it, and one that breaks a promise does not."""

import hashlib
import hmac
import json
from pathlib import Path

import pytest
import structlog

from qiao.kit.errors import Refused
from qiao.ports.channel import Capability, InboundMessage, Manifest, RawReceipt, Rejected, Sent
from qiao.ports.testing.channel_suite import ChannelSuite, Sample

SECRET = "pigeon-secret"
SETTINGS = {"secret": SECRET}
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


def signature(body: bytes) -> str:
    return hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()


class Pigeon:
    """A channel as it should be."""

    manifest = MANIFEST

    def verify(self, receipt, settings):
        given, wanted = receipt.headers.get("x-signature", ""), signature(receipt.body)
        if settings.get("secret") != SECRET or not hmac.compare_digest(given, wanted):
            raise Refused("not a pigeon of ours")

    def parse(self, receipt):
        try:
            held = json.loads(receipt.body)
        except (ValueError, RecursionError):
            return []
        if not isinstance(held, dict) or "id" not in held:
            return []
        return [InboundMessage(provider_id=held["id"], contact_address=held["from"], contact_name=None, text=held["text"])]

    async def send(self, message):
        return Sent(f"sent-{message.key}")


class Suite(ChannelSuite):
    channel = "pigeon"
    settings = SETTINGS


@pytest.fixture
def suite() -> Suite:
    return Suite()


@pytest.fixture
def samples() -> dict[str, Sample]:
    return {"coo": Sample(headers={"x-signature": signature(BODY.encode())}, body=BODY, settings=SETTINGS)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tests = tmp_path / "pigeon" / "tests"
    (tests / "expected").mkdir(parents=True)
    held = {
        "provider_id": "p-1",
        "contact_address": "loft@example.com",
        "contact_name": None,
        "text": "咕咕",
        "attachments": [],
        "sent_at": None,
    }
    (tests / "expected" / "coo.json").write_text(json.dumps([held]), encoding="utf-8")
    (tests.parent / "icon.svg").write_text("<svg xmlns='x'/>")
    (tests.parent / "README.md").write_text("# Pigeon")
    (tests.parent / "manifest.toml").write_text(MANIFEST_TOML, encoding="utf-8")
    return tests


async def test_a_good_channel_passes(suite, samples, folder):
    pigeon = Pigeon()
    suite.test_the_manifest_is_whole(pigeon, folder)
    suite.test_it_has_a_picture_and_a_page(folder)
    suite.test_what_the_provider_did_not_sign_is_refused(pigeon, samples)
    suite.test_each_sample_gives_its_contracts_again_and_again(pigeon, samples, folder)
    suite.test_parsing_survives_anything(pigeon)
    await suite.test_a_reply_has_one_of_four_ends(pigeon)
    await suite.test_no_secret_reaches_a_log(pigeon)


class Trusting(Pigeon):
    def verify(self, receipt, settings):
        return None


class Deaf(Pigeon):
    def parse(self, receipt):
        return []


class Brittle(Pigeon):
    def parse(self, receipt):
        return [json.loads(receipt.body)["id"]]


class Forgetful(Pigeon):
    sent = 0

    async def send(self, message):
        self.sent += 1
        return Sent(str(self.sent))


class Lost(Pigeon):
    async def send(self, message):
        return Rejected("no such roof")


class Talkative(Pigeon):
    async def send(self, message):
        structlog.get_logger("pigeon").info("sending", settings=dict(message.inbox_settings))
        return Sent("x")


def test_one_that_believes_everything_fails(suite, samples):
    with pytest.raises(pytest.fail.Exception):
        suite.test_what_the_provider_did_not_sign_is_refused(Trusting(), samples)


def test_one_that_hears_nothing_or_trips_fails(suite, samples, folder):
    with pytest.raises(AssertionError):
        suite.test_each_sample_gives_its_contracts_again_and_again(Deaf(), samples, folder)
    with pytest.raises((ValueError, KeyError)):
        suite.test_parsing_survives_anything(Brittle())


@pytest.mark.parametrize("channel", [Forgetful(), Lost()])
async def test_one_that_sends_twice_or_not_at_all_fails(suite, channel):
    with pytest.raises(AssertionError):
        await suite.test_a_reply_has_one_of_four_ends(channel)


async def test_one_that_tells_secrets_fails(suite):
    with pytest.raises(AssertionError):
        await suite.test_no_secret_reaches_a_log(Talkative())


def test_a_picture_that_runs_something_fails(suite, folder):
    (folder.parent / "icon.svg").write_text("<svg onload='alert(1)'/>")
    with pytest.raises(AssertionError):
        suite.test_it_has_a_picture_and_a_page(folder)


def test_a_sample_is_the_receipt_that_it_describes(samples):
    assert samples["coo"].receipt() == RawReceipt("POST", {"x-signature": signature(BODY.encode())}, {}, BODY.encode())
