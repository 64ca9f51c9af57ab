"""Both providers of the commerce port keep the same promises: the built-in store, and a company's own service over HTTP."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.shop import stocked
from support.shop_service import ShopService, listening

from qiao.domains.commerce.contracts import CommerceChanges, Policy
from qiao.domains.commerce.store.store import Store
from qiao.platform.http.outbound import Outbound
from qiao.ports.testing.commerce_scene import Scene
from qiao.ports.testing.commerce_suite import CommerceSuite
from qiao.providers.commerce_rest.provider import RestCommerce

pytestmark = pytest.mark.database

SECRET = "a-secret-of-the-test-service"
PATIENT = 10.0
"""Seconds for an answer: nothing here is about one that comes late, and tests run beside others."""


class TestBuiltInStore(CommerceSuite):
    @pytest.fixture
    async def scene(self, house, database, workspace) -> Scene:
        return await stocked(database, house.commerce, Store(database, Policy()), workspace.id)


class TestOwnService(CommerceSuite):
    @pytest.fixture
    async def scene(self, house, database, workspace) -> AsyncIterator[Scene]:
        service = ShopService(Store(database, Policy()), SECRET, workspace.id)
        async with listening(service) as address:
            provider = RestCommerce(Outbound(allow_private=True), f"{address}/qiao", SECRET, PATIENT)
            yield await stocked(database, house.commerce, provider, workspace.id)
        assert service.refused == 0


class TestThroughTheDoor(CommerceSuite):
    """The domain's own door adds its guards and takes nothing away."""

    @pytest.fixture(autouse=True)
    def patient(self, monkeypatch) -> None:
        # The suite tries more wrong proofs of one contact than an hour allows.
        monkeypatch.setattr("qiao.domains.commerce.proofs.BY_CONTACT", 100)

    @pytest.fixture
    async def scene(self, house, database, workspace) -> AsyncIterator[Scene]:
        service = ShopService(Store(database, Policy()), SECRET, workspace.id)
        house.commerce._desk._make_rest = lambda made: RestCommerce(
            Outbound(allow_private=True), made.base_url, made.secret, made.timeout
        )
        async with listening(service) as address:
            async with database.scope(workspace.id) as scope:
                changes = CommerceChanges(provider="rest", base_url=address, secret=SECRET, timeout_ms=int(PATIENT * 1000))
                await house.commerce.change(scope, changes)
            yield await stocked(database, house.commerce, house.commerce, workspace.id)
