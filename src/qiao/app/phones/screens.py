"""The phones' pages as HTML. Pure: what is shown goes in, text comes out."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from msgspec import Struct

from qiao.app.phones.words import FAULTS, WORDS, Lang
from qiao.ports.channel import Manifest
from qiao.ports.testing.simulating import Fault, Shown

_HERE = Path(__file__).parent
SENDABLE = ("image", "voice", "video", "file")
NAMES = ("林语桐", "陈嘉禾")
"""What the two customers are called on every platform."""


class Phone(Struct, frozen=True, kw_only=True):
    """One phone: whose, on which channel, and how our inbox stands there (waiting, connected, refused)."""

    manifest: Manifest
    customer: int
    addresses: Sequence[str]
    state: str = "waiting"
    reason: str = ""
    comments: bool = False
    """Whether there is something to comment on."""
    page: str = ""
    """Where the page of ours is that stands in for a screen; empty: the platform shows one."""

    @property
    def path(self) -> str:
        """The phone's address."""
        return f"/phones/{self.manifest.name}"


class Line(Struct, frozen=True, kw_only=True):
    """One thing on the screen, with its place among all for its file's address."""

    at: int
    shown: Shown
    quoted: str | None

    @property
    def taps(self) -> list[tuple[str, str]]:
        """Labels and what tapping gives back; "" where only the label is written."""
        values = [*self.shown.values] or [""] * len(self.shown.options)
        return list(zip(self.shown.options, values, strict=False))


def lines(shown: Sequence[Shown]) -> list[Line]:
    """The screen, oldest first; quotes are shown by the words they quote."""
    texts = {one.provider_id: one.text or one.name or "" for one in shown}
    return [Line(at=at, shown=one, quoted=texts.get(one.quoted or "", one.quoted)) for at, one in enumerate(shown)]


def render_page(lang: Lang, manifests: Sequence[Manifest], phone: Phone, shown: Sequence[Shown], problem: str = "") -> str:
    """The whole page."""
    capabilities = phone.manifest.capabilities
    return (
        _templates()
        .get_template("phones.html.j2")
        .render(
            **_common(lang, phone, shown),
            manifests=manifests,
            names=NAMES,
            sendable=[kind for kind in SENDABLE if kind in capabilities],
            faults=[(fault.value, FAULTS[lang][fault]) for fault in Fault],
            problem=problem,
        )
    )


def render_own_page(lang: Lang, manifests: Sequence[Manifest], phone: Phone) -> str:
    """The phone of a channel whose customers are on a page of ours: that page, in a frame."""
    return _templates().get_template("own_page.html.j2").render(**_common(lang, phone, ()), manifests=manifests)


def render_screen(lang: Lang, phone: Phone, shown: Sequence[Shown]) -> str:
    """Only what changes: how it stands, and the messages."""
    return _templates().get_template("screen.html.j2").render(**_common(lang, phone, shown))


def style() -> str:
    """The pages' style sheet."""
    return (_HERE / "phones.css").read_text(encoding="utf-8")


def script(name: str) -> str:
    """Keeps the screen fresh and sends without leaving the page, or keeps the place of a page; nothing fails without it."""
    return (_HERE / name).read_text(encoding="utf-8")


def _common(lang: Lang, phone: Phone, shown: Sequence[Shown]) -> dict[str, object]:
    words = WORDS[lang]
    return {"lang": lang, "t": words, "phone": phone, "title": phone.manifest.title.get(lang), "lines": lines(shown)}


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
