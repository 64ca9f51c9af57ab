"""Routes of the phones. They exist only where simulators are played, and answer only this machine."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any, Protocol, runtime_checkable

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body, Parameter
from litestar.response import Redirect

from qiao.app.phones.own_pages import OwnPage
from qiao.app.phones.samples import kind_of, sample
from qiao.app.phones.screens import NAMES, Phone, render_own_page, render_page, render_screen, script, style
from qiao.app.phones.words import Lang
from qiao.kit.errors import Invalid, NotFound, QiaoError, Refused
from qiao.platform.http.guards import public
from qiao.ports.channel import Manifest
from qiao.ports.testing.simulating import Fault, PlatformSimulator, SentFile

MAX_FILE = 32 * 1024 * 1024
TIMES = 3
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
}
_ASSETS: Mapping[str, tuple[Callable[[], str], str]] = {
    "phones.css": (style, "text/css"),
    "phones.js": (partial(script, "phones.js"), "text/javascript"),
    "own_page.js": (partial(script, "own_page.js"), "text/javascript"),
}

AskedLang = Annotated[Lang | None, Parameter(query="lang")]
Form = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]
Files = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)]


class Stand(Protocol):
    """How our inbox stands with a platform."""

    state: str
    reason: str


@runtime_checkable
class Played(Protocol):
    """The simulated platforms by the name of their channel."""

    @property
    def platforms(self) -> Mapping[str, PlatformSimulator]: ...

    @property
    def pages(self) -> Mapping[str, OwnPage]: ...

    @property
    def stands(self) -> Mapping[str, Any]: ...


@runtime_checkable
class Commented(Protocol):
    """A platform with something to comment on for everybody to read."""

    async def customer_comments(self, address: str, text: str) -> str:
        """The customer comments on it."""
        ...


class PhonesController(Controller):
    """A phone for every simulated platform."""

    path = "/phones"
    include_in_schema = False

    @get("/", guards=[public])
    async def first(self, request: Request[Any, Any, Any], played: Played, asked: AskedLang = None) -> Redirect:
        """The first platform's phone."""
        if not played.platforms:
            raise NotFound("no channel has a simulator")
        return Redirect(f"/phones/{next(iter(played.platforms))}?lang={_language(request, asked)}")

    @get("/assets/{name:str}", guards=[public])
    async def asset(self, name: str) -> Response[str]:
        """The style sheet and the script."""
        if name not in _ASSETS:
            raise NotFound("no such file")
        text, media_type = _ASSETS[name]
        return Response(text(), media_type=media_type, headers={"Cache-Control": "no-cache"})

    @get("/{channel:str}", guards=[public])
    async def phone(
        self, request: Request[Any, Any, Any], channel: str, played: Played, asked: AskedLang = None, customer: int = 0
    ) -> Response[str]:
        """A phone with its screen and everything that can be done."""
        lang = _language(request, asked)
        manifests: list[Manifest] = [one.manifest for one in (*played.pages.values(), *played.platforms.values())]
        if (page := played.pages.get(channel)) is not None:
            stand = played.stands[channel]
            own = Phone(manifest=page.manifest, customer=0, addresses=(), state=stand.state, reason=stand.reason, page=page.path)
            return _page(render_own_page(lang, manifests, own))
        platform, phone = _phone(played, channel, customer)
        return _page(render_page(lang, manifests, phone, platform.shown(phone.addresses[phone.customer])))

    @get("/{channel:str}/screen", guards=[public])
    async def screen(
        self, request: Request[Any, Any, Any], channel: str, played: Played, asked: AskedLang = None, customer: int = 0
    ) -> Response[str]:
        """What the screen shows now."""
        platform, phone = _phone(played, channel, customer)
        return _page(render_screen(_language(request, asked), phone, platform.shown(phone.addresses[phone.customer])))

    @get("/{channel:str}/files/{customer:int}/{at:int}", guards=[public])
    async def file(self, channel: str, customer: int, at: int, played: Played) -> Response[bytes]:
        """The bytes of what is shown at that place."""
        platform, phone = _phone(played, channel, customer)
        shown = platform.shown(phone.addresses[phone.customer])
        if not 0 <= at < len(shown) or shown[at].data is None:
            raise NotFound("there is no file")
        content_type = shown[at].content_type or {"image": "image/png"}.get(shown[at].kind, "application/octet-stream")
        return Response(shown[at].data or b"", media_type=content_type, headers={"Cache-Control": "no-store"})

    @post("/{channel:str}/write", guards=[public], status_code=200)
    async def write(
        self, request: Request[Any, Any, Any], data: Form, channel: str, played: Played, customer: int = 0
    ) -> Response[Any]:
        """The customer writes, taps an option or sends a sample file."""
        platform, phone = _phone(played, channel, customer)
        value, _, label = str(data.get("tap", "")).partition("\n")
        kind, text = str(data.get("sample", "")), label.strip() or str(data.get("text", "")).strip()
        if kind not in {"", "image", "voice", "video", "file"} or not (kind or text):
            raise Invalid("there is nothing to send")
        if "public" in data:
            return await _done(request, phone, _commented(platform, phone, text))
        file = sample(kind) if kind else None
        return await _done(request, phone, _wrote(platform, phone, text, file, value.strip() or None))

    @post("/{channel:str}/file", guards=[public], status_code=200, request_max_body_size=MAX_FILE)
    async def send_file(
        self, request: Request[Any, Any, Any], data: Files, channel: str, played: Played, customer: int = 0
    ) -> Response[Any]:
        """The customer sends a file from this machine."""
        platform, phone = _phone(played, channel, customer)
        given = data.get("file")
        if not isinstance(given, UploadFile):
            raise Invalid("there is no file")
        content_type = given.content_type or "application/octet-stream"
        file = SentFile(kind=kind_of(content_type), data=await given.read(), name=given.filename, content_type=content_type)
        return await _done(request, phone, _wrote(platform, phone, "", file, None))

    @post("/{channel:str}/redeliver", guards=[public], status_code=200)
    async def redeliver(self, request: Request[Any, Any, Any], channel: str, played: Played, customer: int = 0) -> Response[Any]:
        """The platform delivers its last delivery three more times, all at once."""
        platform, phone = _phone(played, channel, customer)
        if not platform.delivered:
            raise Invalid("nothing has been delivered yet")
        return await _done(request, phone, platform.redeliver(TIMES))

    @post("/{channel:str}/fault", guards=[public], status_code=200)
    async def fault(
        self, request: Request[Any, Any, Any], data: Form, channel: str, played: Played, customer: int = 0
    ) -> Response[Any]:
        """The next call of the platform goes wrong."""
        platform, phone = _phone(played, channel, customer)
        try:
            platform.go_wrong(Fault(str(data.get("fault", ""))))
        except ValueError:
            raise Invalid("there is no such fault") from None
        return await _done(request, phone, None)


def _phone(played: Played, channel: str, customer: int) -> tuple[PlatformSimulator, Phone]:
    platform = played.platforms.get(channel)
    if platform is None or not 0 <= customer < len(NAMES):
        raise NotFound("there is no such phone")
    stand = played.stands[channel]
    addresses = platform.customers
    phone = Phone(
        manifest=platform.manifest,
        customer=customer,
        addresses=addresses,
        state=stand.state,
        reason=stand.reason,
        comments=isinstance(platform, Commented),
    )
    return platform, phone


async def _wrote(platform: PlatformSimulator, phone: Phone, text: str, file: SentFile | None, option: str | None) -> None:
    await platform.customer_writes(phone.addresses[phone.customer], text, file=file, option=option, name=NAMES[phone.customer])


async def _commented(platform: PlatformSimulator, phone: Phone, text: str) -> None:
    if not isinstance(platform, Commented):
        raise Invalid("nothing can be commented on here")
    await platform.customer_comments(phone.addresses[phone.customer], text)


async def _done(request: Request[Any, Any, Any], phone: Phone, work: Any) -> Response[Any]:
    """Do it; a script is answered with what came of it, a form with the phone. Other sites' forms are refused."""
    origin = request.headers.get("origin")
    if origin and origin.partition("://")[2] != request.headers.get("host"):
        if work is not None:
            work.close()
        raise Refused("phones are played on their own page")
    problem = ""
    try:
        if work is not None:
            await work
    except (QiaoError, TypeError, ValueError, LookupError) as error:
        problem = f"{type(error).__name__}: {error}"
    if request.headers.get("accept") == "application/json":
        body = msgspec.json.encode({"problem": problem})
        return Response(body, media_type="application/json", status_code=422 if problem else 200)
    query = str(request.url.query)
    return Redirect(f"{phone.path}?{query}", status_code=303)  # type: ignore[arg-type]


def _language(request: Request[Any, Any, Any], asked: Lang | None) -> Lang:
    if asked is not None:
        return asked
    return "en" if request.headers.get("accept-language", "").strip().lower().startswith("en") else "zh"


def _page(html: str) -> Response[str]:
    return Response(html, media_type="text/html", headers=_HEADERS)
