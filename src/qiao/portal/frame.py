"""The frame every page stands in: templates, words, style, addresses of assets, and the headers that keep a page safe."""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from litestar import Response
from msgspec import Struct

from qiao.kit.lazy import lazy
from qiao.platform.i18n import Catalogue

if TYPE_CHECKING:
    import jinja2
else:
    jinja2 = lazy("jinja2")

_FOLDER = Path(__file__).parent
HREFLANG = {"zh": "zh-Hans", "en": "en"}
ASSET_TYPES = {
    "portal.css": "text/css; charset=utf-8",
    "search.js": "text/javascript; charset=utf-8",
    "chat.js": "text/javascript; charset=utf-8",
    "form.js": "text/javascript; charset=utf-8",
    "mark.svg": "image/svg+xml",
}


class Rendered(Struct, frozen=True, kw_only=True):
    """A page ready to send. `style` is the one inline style it carries, `origin` where the chat widget may come from, `ancestors`
    whose pages may hold it in a frame; a private one is kept nowhere.
    """

    text: str
    style: str = ""
    origin: str = ""
    ancestors: str = "'self'"
    is_private: bool = False
    status: int = 200
    media_type: str = "text/html; charset=utf-8"


@cache
def words() -> Catalogue:
    """The sentences of the pages."""
    return Catalogue.read(_FOLDER / "locales")


@cache
def _templates() -> "jinja2.Environment":
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def assets() -> Mapping[str, bytes]:
    """The static files by name."""
    return {name: (_FOLDER / "static" / name).read_bytes() for name in ASSET_TYPES}


@cache
def assets_url() -> str:
    """Where assets are: the address changes with their content, so that they are cached for good."""
    digest = hashlib.sha256(b"".join(assets().values())).hexdigest()[:12]
    return f"/portal/{digest}"


def fill(template: str, values: Mapping[str, Any]) -> str:
    """A template with values, everything escaped that is not markup of our own making."""
    return _templates().get_template(template).render(values)


def answer(page: Rendered, if_none_match: str = "") -> Response[bytes]:
    """The page with its policy; 304 without a body when the browser has this very one."""
    body = page.text.encode()
    etag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    headers = {
        "Content-Security-Policy": _policy(page),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "strict-origin-when-cross-origin",
        # Always asked again, never sent again: what is published shows at once.
        "Cache-Control": "no-store" if page.status != 200 or page.is_private else "public, no-cache",
    }
    if page.status != 200:
        return Response(body, media_type=page.media_type, status_code=page.status, headers=headers)
    headers["ETag"] = etag
    if etag in [one.strip().removeprefix("W/") for one in if_none_match.split(",")]:
        return Response(b"", status_code=304, headers=headers)
    return Response(body, media_type=page.media_type, headers=headers)


def _policy(page: Rendered) -> str:
    style = base64.b64encode(hashlib.sha256(page.style.encode()).digest()).decode()
    here = f"'self' {page.origin}".strip()
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {here}",
            f"style-src 'self' 'sha256-{style}'",
            "img-src 'self' data:",
            "media-src 'self'",
            "connect-src 'self'",
            f"frame-src {here}",
            "form-action 'self'",
            "base-uri 'none'",
            f"frame-ancestors {page.ancestors}",
        )
    )
