"""Headers that every answer has: those that keep it safe, where it does not say its own (what is not a page runs, frames and leaves
nothing behind), and which version speaks.
"""

from collections.abc import Sequence

from qiao.platform.version import APP_VERSION

Header = tuple[bytes, bytes]

CLOSED = b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""What an answer may load that says nothing of it: answers of the API are no pages, and a page that forgot its policy shows its words."""
UNUSED = (
    b"accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), microphone=(), midi=(), payment=(), usb=()"
)
"""What no page of ours asks a browser for, nor anything inside of it."""
YEAR = b"max-age=31536000; includeSubDomains"

_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"content-security-policy", CLOSED),
    (b"cache-control", b"no-store"),
    # A page compares it with the one it was loaded from: `Server-Timing` is what a page can read of its own answer.
    (b"qiao-version", APP_VERSION.encode()),
)
_BY_TLS = (b"strict-transport-security", YEAR)
_PAGES = ((b"permissions-policy", UNUSED), (b"server-timing", f'qiao;desc="{APP_VERSION}"'.encode()))


class SafeHeaders:
    """Those of one installation. By https, as its public address says, browsers are told to come by nothing else for a year."""

    def __init__(self, origin: str) -> None:
        self._all = (*_ALWAYS, _BY_TLS) if origin.startswith("https://") else _ALWAYS

    def beside(self, headers: Sequence[Header]) -> list[Header]:
        """These headers, and what they lack."""
        present = dict(headers)
        lacking = [pair for pair in self._all if pair[0] not in present]
        if present.get(b"content-type", b"").startswith(b"text/html"):
            lacking += _PAGES
        return [*headers, *lacking]
