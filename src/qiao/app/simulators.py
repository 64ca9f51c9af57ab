"""`qiao serve --demo --simulators`: the platforms' side on this machine, and an inbox of the demo company on each.

Every channel's folder that has a `simulator.py` is mounted under /simulators/CHANNEL/ and played at /phones/. Nothing here knows a
channel's name. Only for trying: it is refused unless the desk listens on loopback, and answers nobody from elsewhere.
"""

import asyncio
import ipaddress
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import httpx
import msgspec
import structlog
from litestar.di import Provide
from msgspec import Struct

from qiao.app.demo import prepare_demo
from qiao.app.house import House
from qiao.app.phones.own_pages import OwnPage, held_inbox, own_pages
from qiao.app.phones.routes import PhonesController
from qiao.channels.registry import load_channels
from qiao.domains.inboxes.contracts import Inbox, InboxChanges
from qiao.kit.errors import QiaoError
from qiao.kit.ids import WorkspaceId
from qiao.platform.settings import Settings, SettingsInvalid
from qiao.ports.channel import RawReceipt
from qiao.ports.testing.simulating import Answered, PlatformSimulator

PREFIX = "/simulators/"
PLACEHOLDER = "http://platform.test"
"""What simulators write in their settings for their own address."""
READY_SECONDS = 120.0
TRIES = 5

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_log = structlog.get_logger("qiao.simulators")


class Stand(Struct, kw_only=True):
    """How our inbox stands with a simulated platform."""

    state: str = "waiting"
    reason: str = ""


def simulated(settings: Settings) -> Settings:
    """The same desk with every provider on this machine. Raises SettingsInvalid when others could reach it."""
    if not _is_loopback(settings.host):
        raise SettingsInvalid("simulators are only for a desk on loopback: choose --host 127.0.0.1")
    hosts = [
        f"{name}.{role}={url}"
        for name, simulator in make_simulators().items()
        for role, url in simulator.account(_origin(settings, name)).hosts.items()
    ]
    return msgspec.structs.replace(settings, channel_hosts=",".join(hosts), channel_examples=True, outbound_private="allow")


def make_simulators() -> dict[str, PlatformSimulator]:
    """One simulator for every channel that has one, by the channel's name."""
    found: dict[str, PlatformSimulator] = {}
    for name, channel in load_channels().items():
        if find_spec(f"qiao.channels.{name}.simulator") is not None:
            found[name] = import_module(f"qiao.channels.{name}.simulator").Simulator(channel.manifest)
    return found


class Simulators:
    """The simulated platforms of one server. `prepare` fills the demo company, `around` stands in front of the desk."""

    def __init__(self, settings: Settings, platforms: Mapping[str, PlatformSimulator] | None = None) -> None:
        self.platforms = make_simulators() if platforms is None else platforms
        self.pages: dict[str, OwnPage] = {}
        """Channels that have no platform, since their customers are on pages of ours."""
        self.stands = {name: Stand() for name in self.platforms}
        self._settings = settings
        self._keys: dict[str, str] = {}
        self._client: httpx.AsyncClient | None = None
        self._connecting: asyncio.Task[None] | None = None
        for name, platform in self.platforms.items():
            platform.webhook = self._deliver_to(name)
            platform.first_number = int(time.time())

    async def prepare(self, house: House) -> list[Any]:
        """The demo company with an inbox on every platform, and the routes of the phones. Inboxes are connected once the desk answers."""
        routes = await prepare_demo(house)
        workspace_id = await _demo_workspace(house)
        inboxes: dict[str, Inbox] = {}
        for name, (page, inbox) in (await own_pages(house, workspace_id)).items():
            self.pages[name], self.stands[name], inboxes[name] = page, Stand(), inbox
        inboxes |= {name: await self._inbox(house, workspace_id, name) for name in self.platforms}
        self._connecting = asyncio.create_task(self._connect(house, workspace_id, inboxes), name="simulators")
        told = f"    Phones           顾客的手机    {house.settings.origin}/phones/\n"
        await asyncio.to_thread(print, told, flush=True)

        def played() -> Any:
            return self

        class Phones(PhonesController):
            dependencies = {"played": Provide(played, sync_to_thread=False)}  # noqa: RUF012 - as the class above declares it

        return [*routes, Phones]

    def around(self, desk: Application) -> Application:
        """The desk with the platforms beside it."""

        async def front(scope: Scope, receive: Receive, send: Send) -> None:
            path = scope.get("path", "")
            if not path.startswith((PREFIX, "/phones")):
                await desk(scope, receive, send)
            elif not _is_loopback((scope.get("client") or ("",))[0]):
                await desk({**scope, "path": "/nowhere", "raw_path": b"/nowhere"}, receive, send)
            elif path.startswith(PREFIX):
                await self._platform(scope, receive, send)
            else:
                await desk(scope, receive, send)

        return front

    async def _platform(self, scope: Scope, receive: Receive, send: Send) -> None:
        name, _, rest = scope["path"].removeprefix(PREFIX).partition("/")
        platform = self.platforms.get(name)
        if platform is None:
            await _nothing(scope, send)
            return
        path = f"/{rest}"
        # A connection that is cut is one of the faults: whoever asked gets half an answer.
        with suppress(ConnectionResetError):
            await platform({**scope, "path": path, "raw_path": path.encode()}, receive, send)
            return
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"9"), (b"connection", b"close")]}
        )

    async def _inbox(self, house: House, workspace_id: WorkspaceId, name: str) -> Inbox:
        """The channel's inbox in the demo company, made if need be, with what an admin would have entered."""
        platform = self.platforms[name]
        platform.webhook_url = f"{self._settings.origin}/in/"
        platform.origin = _origin(self._settings, name)
        async with house.database.scope(workspace_id) as scope:
            inbox = await held_inbox(house, scope, name)
            settings = {key: _placed(value, _origin(self._settings, name)) for key, value in platform.settings.items()}
            inbox = await house.inboxes.change(scope, inbox.id, InboxChanges(enabled=True, settings=settings))
            await house.accounts.set_secrets(scope, inbox.id, dict(platform.secrets))
        self._keys[name] = inbox.key
        platform.webhook_url += inbox.key
        return inbox

    async def _connect(self, house: House, workspace_id: WorkspaceId, inboxes: Mapping[str, Inbox]) -> None:
        if not await self._answers():
            return
        for name, inbox in inboxes.items():
            stand = self.stands[name]
            for attempt in range(TRIES):
                try:
                    told = await house.accounts.connect(workspace_id, inbox.id)
                except QiaoError as error:
                    stand.state, stand.reason = "refused", error.message
                    await asyncio.sleep(0.2 * (attempt + 1))
                    continue
                stand.state, stand.reason = ("connected" if told.state == "ok" else "refused"), told.reason or ""
                break
            if stand.state == "refused":
                _log.warning("an inbox could not be connected", channel=name, reason=stand.reason)

    async def _answers(self) -> bool:
        """True once the desk takes requests."""
        for _ in range(int(READY_SECONDS / 0.2)):
            with suppress(httpx.HTTPError):
                if (await self._http().get("/readyz")).is_success:
                    return True
            await asyncio.sleep(0.2)
        return False

    def _deliver_to(self, name: str) -> Callable[[RawReceipt], Awaitable[Answered]]:
        async def deliver(receipt: RawReceipt) -> Answered:
            answer = await self._http().request(
                receipt.method,
                f"/in/{self._keys.get(name, 'nobody')}",
                params=dict(receipt.query),
                headers=dict(receipt.headers),
                content=receipt.body,
            )
            content_type = answer.headers.get("content-type", "text/plain")
            return Answered(status=answer.status_code, body=answer.content, content_type=content_type)

        return deliver

    def _http(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = httpx.AsyncClient(base_url=f"http://{_authority(self._settings)}", timeout=20, trust_env=False)
        return self._client


async def _demo_workspace(house: House) -> WorkspaceId:
    slug = import_module("demo.content").load_company().slug
    return (await house.workspaces.by_slug(slug)).id


async def _nothing(scope: Scope, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


def _placed(value: Any, origin: str) -> Any:
    """A setting with the simulator's true address in place of the made-up one, however deep it stands."""
    if isinstance(value, dict):
        return {key: _placed(one, origin) for key, one in value.items()}
    if isinstance(value, list):
        return [_placed(one, origin) for one in value]
    return value.replace(PLACEHOLDER, origin) if isinstance(value, str) else value


def _origin(settings: Settings, name: str) -> str:
    return f"http://{_authority(settings)}{PREFIX}{name}"


def _authority(settings: Settings) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"{host}:{settings.port}"


def _is_loopback(host: str) -> bool:
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"
