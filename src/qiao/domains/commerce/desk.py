"""The settings of a workspace's commerce, and the provider they lead to."""

import time
from collections.abc import Callable
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from msgspec import UNSET

from qiao.domains.commerce.calling import Line
from qiao.domains.commerce.contracts import CommerceChanges, CommerceSettings, RestConnection, TestResult
from qiao.domains.commerce.errors import CommerceSettingsInvalid
from qiao.domains.commerce.repository import Repository, StoredSettings
from qiao.domains.commerce.store.store import Store
from qiao.kit.errors import QiaoError
from qiao.kit.ids import ContactId, WorkspaceId
from qiao.platform.auth.sealing import SealedColumn, Seals
from qiao.platform.db.acts import noted, replaced
from qiao.platform.db.database import Database, Scope
from qiao.platform.http.outbound import AddressRefused, checked_url
from qiao.ports.commerce import Commerce as CommercePort
from qiao.ports.commerce import CommerceUnavailable, Customer
from qiao.ports.commerce_wishes import SlotQuery

MakeRest = Callable[[RestConnection], CommercePort]
"""Makes the provider over HTTP; it lives beside this domain, so it is handed in."""
NOBODY = ContactId(UUID(int=0))
STORE_SECONDS = 3.0

SEALED = SealedColumn("commerce_settings", "secret", (), "commerce:{}")
"""What a shop's own service is asked with."""


class Desk:
    """Reads and changes the settings, and opens the line to the provider."""

    def __init__(self, database: Database, seals: Seals, make_rest: MakeRest) -> None:
        self._database = database
        self._seals = seals
        self._make_rest = make_rest

    async def settings(self, scope: Scope) -> CommerceSettings:
        """What an admin sees."""
        return _shown(await Repository(scope).settings())

    async def change(self, scope: Scope, changes: CommerceChanges) -> CommerceSettings:
        """Set the given fields. Raises CommerceSettingsInvalid."""
        repository = Repository(scope)
        await repository.hold_settings()
        given = {name: value for name, value in msgspec.structs.asdict(changes).items() if value is not UNSET}
        if given.get("base_url"):
            given["base_url"] = _checked_base(given["base_url"])
        if isinstance(given.get("secret"), str):
            given["secret"] = self._seals.seal(given["secret"], SEALED.at(scope.workspace_id))
        before = await repository.settings()
        new = msgspec.structs.replace(before, **given)
        if new.provider == "rest" and not (new.base_url and new.secret):
            raise CommerceSettingsInvalid(
                "a service needs its address and a secret", field="base_url" if new.secret else "secret"
            )
        await repository.store_settings(new)
        after = _shown(await repository.settings())
        noted(_shown(before), after)
        if isinstance(given.get("secret"), bytes):
            replaced(["secret"])
        return after

    async def line(self, workspace_id: WorkspaceId) -> Line:
        """The provider the workspace uses. Raises SealBroken."""
        async with self._database.scope(workspace_id) as scope:
            stored = await Repository(scope).settings()
        if stored.provider != "rest":
            return Line(name="store", port=Store(self._database, stored.policy), timeout=STORE_SECONDS)
        secret = self._seals.open(stored.secret or b"", SEALED.at(workspace_id))
        timeout = stored.timeout_ms / 1000
        made = RestConnection(workspace_id=workspace_id, base_url=stored.base_url, secret=secret, timeout=timeout)
        return Line(name="rest", port=self._make_rest(made), timeout=timeout)

    async def test(self, workspace_id: WorkspaceId) -> TestResult:
        """Whether the provider answers: asked for free times, which is everybody's to know and changes nothing. Never raises its errors."""
        began = time.perf_counter()
        try:
            line = await self.line(workspace_id)
            await line.port.slots(Customer(workspace_id=workspace_id, contact_id=NOBODY), SlotQuery(limit=1))
        except QiaoError as error:
            detail = str(error.details.get("reason", "")) if isinstance(error, CommerceUnavailable) else ""
            return TestResult(ok=False, code=error.code, milliseconds=_since(began), detail=detail)
        return TestResult(ok=True, code="ok", milliseconds=_since(began))


def _since(began: float) -> int:
    return round((time.perf_counter() - began) * 1000)


def _checked_base(url: str) -> str:
    try:
        checked_url(url)
    except AddressRefused:
        raise CommerceSettingsInvalid("this address cannot be used", field="base_url") from None
    if urlsplit(url).query:
        raise CommerceSettingsInvalid("the address has no query", field="base_url")
    return url.rstrip("/")


def _shown(stored: StoredSettings) -> CommerceSettings:
    return CommerceSettings(
        provider="rest" if stored.provider == "rest" else "store",
        base_url=stored.base_url,
        timeout_ms=stored.timeout_ms,
        has_secret=stored.secret is not None,
        policy=stored.policy,
        updated_at=stored.updated_at,
    )
