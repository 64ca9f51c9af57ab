"""One visit to a company's help centre: whose it is, in which language, and the addresses of its pages."""

from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from msgspec import Struct

from qiao.domains.knowledge.contracts import LANGUAGES, EntryKind, Language
from qiao.domains.workspaces.contracts import Workspace
from qiao.portal.frame import HREFLANG, Rendered, assets_url, fill, words
from qiao.portal.palette import palette

_SEGMENT: dict[EntryKind, str] = {"article": "articles", "faq": "faq"}


class Chat(Struct, frozen=True, kw_only=True):
    """A company's chat: markup that puts it on a page, its address as a page of its own, its colour as #rrggbb."""

    snippet: str
    address: str
    colour: str | None = None


class Visit(Struct, frozen=True, kw_only=True):
    """`origin` is scheme and host without a final slash; without a chat its colour is ours."""

    workspace: Workspace
    language: Language
    origin: str
    chat: Chat | None = None

    @property
    def other(self) -> Language:
        """The other language."""
        return "en" if self.language == "zh" else "zh"

    @property
    def name(self) -> str:
        """The company's name in the reader's language."""
        return shown(self.workspace.name, self.language)

    @property
    def site(self) -> str:
        """What the help centre is called; a Latin name keeps its distance from Chinese words."""
        apart = self.language == "zh" and self.name[-1:].isascii()
        return self.say("site", name=f"{self.name} " if apart else self.name)

    def home(self, language: Language | None = None) -> str:
        """The first page."""
        return f"/help/{self.workspace.slug}/{language or self.language}/"

    def place(self, kind: EntryKind, name: str, language: Language | None = None) -> str:
        """A page of knowledge."""
        return f"{self.home(language)}{_SEGMENT[kind]}/{quote(name)}"

    def shelf(self, slug: str, language: Language | None = None, **query: object) -> str:
        """A category."""
        address = f"{self.home(language)}categories/{quote(slug)}"
        return f"{address}?{urlencode(query)}" if query else address

    def guide(self, *names: str, language: Language | None = None, via: str = "") -> str:
        """The list of guides, a guide by its name, or a step of it; `via` names the steps on the way there."""
        address = "/".join((f"{self.home(language)}guides", *map(quote, names)))
        return f"{address}?{urlencode({'via': via})}" if via else address

    def say(self, key: str, **values: object) -> str:
        """A sentence of ours."""
        return words().text(self.language, key, **values)

    def day(self, moment: Any) -> str:
        """A day in the company's time zone."""
        return words().date(self.language, moment.astimezone(ZoneInfo(self.workspace.timezone)))

    def lang_of(self, language: Language) -> str | None:
        """The `lang` that a piece in this language needs on a page in ours."""
        return None if language == self.language else HREFLANG[language]


class View(Struct, frozen=True, kw_only=True):
    """What a page shows. `addresses` are this page by language; without them it is kept out of search engines."""

    template: str
    title: str
    values: Mapping[str, Any]
    description: str = ""
    addresses: Mapping[Language, str] = {}
    status: int = 200


def render(visit: Visit, view: View) -> Rendered:
    """The whole page."""
    style = palette(visit.chat.colour if visit.chat else None).css()
    own = view.addresses.get(visit.language) or next(iter(view.addresses.values()), "")
    frame: dict[str, Any] = {
        "t": visit.say,
        "n": partial(words().count, visit.language),
        "html_lang": HREFLANG[visit.language],
        "hreflang": HREFLANG,
        "other": visit.other,
        "switch": view.addresses.get(visit.other) or visit.home(visit.other),
        "site": visit.site,
        "home": visit.home(),
        "is_home": view.template == "home.html.j2",
        "title": view.title,
        "description": view.description,
        "hide_from_search": not view.addresses,
        "canonical": f"{visit.origin}{own}",
        "alternates": list(view.addresses.items()),
        "origin": visit.origin,
        "assets": assets_url(),
        "style": style,
        "snippet": visit.chat.snippet if visit.chat else None,
        "query": "",
        "page": None,
    }
    text = fill(view.template, {**frame, **view.values})
    return Rendered(text=text, style=style, origin=visit.origin, status=view.status)


def shown(texts: Mapping[str, str], language: Language) -> str:
    """Text in a language, else in the other, else empty."""
    return next((texts[one] for one in (language, *LANGUAGES) if texts.get(one)), "")
