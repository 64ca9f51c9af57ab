"""Settings of commerce that keep their secret, and wrong proofs that are bounded, on the real database."""

import asyncio
import sys
from pathlib import Path

import msgspec
import pytest
import structlog

sys.path.insert(0, str(Path(__file__).resolve().parents[5] / "tests"))
from support.shop import Sleepy, customer, number, rows

from qiao.domains.commerce import proofs
from qiao.domains.commerce.contracts import CommerceChanges, Policy
from qiao.domains.commerce.errors import CommerceSettingsInvalid
from qiao.domains.workspaces.api import Workspaces
from qiao.kit.ids import new_id
from qiao.platform.auth.sealing import Seals
from qiao.ports.commerce import (
    CommerceInvalid,
    CommerceRefused,
    CommerceUnavailable,
    OrderNotFound,
    Proof,
    Reason,
    TooManyProofs,
)
from qiao.ports.testing.commerce_scene import send_back

pytestmark = pytest.mark.database

SECRET = "secret-canary-8f21ab"
REST = CommerceChanges(provider="rest", base_url="https://shop.example/qiao/", secret=SECRET)


async def test_a_contact_may_be_wrong_five_times_an_hour(scene, commerce):
    for digits in ("0000", "0001", "0002", "0003", "0004"):
        with pytest.raises(OrderNotFound):
            await commerce.order(scene.stranger, scene.delivered, Proof(phone_last4=digits))
    right = Proof(phone_last4=scene.phone_last4)
    with pytest.raises(TooManyProofs) as refused:
        await commerce.order(scene.stranger, scene.delivered, right)
    assert 3_000 < refused.value.details["retry_after"] <= 3_600
    another = customer(scene.owner.workspace_id)
    assert (await commerce.order(another, scene.delivered, right)).number == scene.delivered
    assert (await commerce.order(scene.owner, scene.delivered)).number == scene.delivered


async def test_an_order_may_be_guessed_ten_times_whoever_guesses(scene, commerce):
    for nth in range(proofs.BY_ORDER):
        with pytest.raises(OrderNotFound):
            await commerce.order(customer(scene.owner.workspace_id), scene.delivered, Proof(phone_last4=f"{nth:04d}"))
    for typed in (scene.delivered, scene.delivered.lower(), f" {scene.delivered.replace('-', '')}"):
        with pytest.raises(TooManyProofs):
            await commerce.order(customer(scene.owner.workspace_id), typed, Proof(phone_last4=scene.phone_last4))


async def test_one_guess_at_each_of_many_orders_is_bounded_too(scene, commerce, monkeypatch):
    monkeypatch.setattr(proofs, "BY_WORKSPACE", 4)
    outcomes = [
        await _outcome(commerce.order(customer(scene.owner.workspace_id), number(), Proof(phone_last4="0000"))) for _ in range(6)
    ]
    assert outcomes == ["OrderNotFound"] * 4 + ["TooManyProofs"] * 2


async def test_guesses_at_the_same_time_see_one_another(scene, commerce):
    guesses = (commerce.order(scene.stranger, scene.delivered, Proof(phone_last4=f"{nth:04d}")) for nth in range(20))
    outcomes = await asyncio.gather(*map(_outcome, guesses))
    assert outcomes.count("OrderNotFound") <= proofs.BY_CONTACT
    assert outcomes.count("OrderNotFound") + outcomes.count("TooManyProofs") == 20


async def test_right_proofs_and_malformed_ones_do_not_count(scene, commerce, database, workspace):
    for _ in range(8):
        await commerce.order(scene.stranger, scene.delivered, Proof(phone_last4=scene.phone_last4))
        with pytest.raises(CommerceInvalid):
            await commerce.order(scene.stranger, scene.delivered, Proof(phone_last4="x"))
    assert await rows(database, workspace, "commerce_proofs") == []


async def test_the_secret_is_sealed_and_never_told(act, database, workspace):
    settings = await act("change", REST)
    assert (settings.has_secret, settings.base_url) == (True, "https://shop.example/qiao")
    assert SECRET not in msgspec.json.encode(settings).decode()
    (row,) = await rows(database, workspace, "commerce_settings")
    assert SECRET.encode() not in row["secret"]
    assert (await act("settings")).provider == "rest"


async def test_a_provider_is_given_the_secret_and_shows_it_nowhere(scene, commerce, act):
    made = []
    await act("change", REST)
    commerce._desk._make_rest = lambda connection: made.append(connection) or Sleepy()
    await act("change", CommerceChanges(timeout_ms=200))
    with pytest.raises(CommerceUnavailable), structlog.testing.capture_logs() as written:
        await commerce.order(scene.owner, scene.delivered)
    assert made[0].secret == SECRET
    assert SECRET not in repr(made[0]) + str(written)


async def test_a_secret_sealed_under_another_key_makes_the_shop_unavailable(scene, commerce, act):
    await act("change", REST)
    commerce._desk._seals = Seals("another installation")
    with pytest.raises(CommerceUnavailable):
        await commerce.order(scene.owner, scene.delivered)
    tested = await commerce.test(scene.owner.workspace_id)
    assert (tested.ok, tested.code) == (False, "auth.seal_broken")


async def test_a_sealed_secret_does_not_open_in_another_workspace(commerce, act, database, workspace):
    await act("change", REST)
    other = await Workspaces(database).create(f"w-{new_id().hex[:12]}", {"zh": "别家", "en": "Another"})
    async with database.across() as connection:
        await connection.execute(
            "insert into commerce_settings (workspace_id, provider, base_url, secret)"
            " select $2, provider, base_url, secret from commerce_settings where workspace_id = $1",
            workspace.id,
            other.id,
        )
    assert (await commerce.test(other.id)).code == "auth.seal_broken"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        (CommerceChanges(provider="rest"), "secret"),
        (CommerceChanges(provider="rest", secret=SECRET), "base_url"),
        (CommerceChanges(base_url="ftp://shop.example"), "base_url"),
        (CommerceChanges(base_url="https://shop.example/?x=1"), "base_url"),
        (CommerceChanges(base_url="https://user@shop.example/"), "base_url"),
    ],
)
async def test_settings_that_cannot_be_used_name_their_field(act, changes, field):
    with pytest.raises(CommerceSettingsInvalid) as invalid:
        await act("change", changes)
    assert invalid.value.details["field"] == field
    assert (await act("settings")).provider == "store"


async def test_changes_keep_what_they_do_not_name(act):
    await act("change", REST)
    await act("change", CommerceChanges(policy=Policy(return_days=30)))
    settings = await act("change", CommerceChanges(provider="store", secret=None))
    assert (settings.has_secret, settings.base_url, settings.policy.return_days) == (False, "https://shop.example/qiao", 30)


async def test_a_shop_s_own_policy_decides(scene, commerce, act):
    assert await _reason(commerce.request_return(scene.owner, send_back(scene, order=scene.old))) == Reason.RETURN_WINDOW_CLOSED
    await act("change", CommerceChanges(policy=Policy(return_days=90)))
    assert (await commerce.request_return(scene.owner, send_back(scene, order=scene.old))).rma


async def test_the_built_in_store_passes_its_test(commerce, workspace):
    tested = await commerce.test(workspace.id)
    assert (tested.ok, tested.code) == (True, "ok")


async def test_two_who_change_the_settings_at_once_lose_nothing(act, database, workspace):
    await asyncio.gather(
        act("change", CommerceChanges(base_url="https://shop.example/a")),
        act("change", CommerceChanges(timeout_ms=900)),
        act("change", CommerceChanges(secret=SECRET)),
        act("change", CommerceChanges(policy=Policy(return_days=7))),
    )
    settings = await act("settings")
    assert (settings.base_url, settings.timeout_ms, settings.has_secret) == ("https://shop.example/a", 900, True)
    assert settings.policy.return_days == 7
    assert len(await rows(database, workspace, "commerce_settings")) == 1


async def _outcome(call):
    try:
        await call
    except (OrderNotFound, TooManyProofs) as error:
        return type(error).__name__
    return "found"


async def _reason(call):
    with pytest.raises(CommerceRefused) as refused:
        await call
    return refused.value.reason
