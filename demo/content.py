"""The demo shop's content as values: company, products, categories, FAQ and articles, read from `demo/content/`.

Owns reading and checking the data files. Every loader is pure for a given tree of files, may be called again at any time, and raises
`ContentBroken` naming the file when something does not fit (an unknown field, a repeated slug, a category that is not there).
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, TypeVar, cast

import msgspec

Lang = Literal["zh", "en"]
Role = Literal["owner", "admin", "supervisor", "agent", "editor", "viewer"]
Shape = Literal["gaiwan", "teapot", "kettle", "stove", "cup", "pitcher", "tray", "caddy", "tools", "set"]

LANGS: tuple[Lang, ...] = ("zh", "en")
CONTENT = Path(__file__).parent / "content"

_Shaped = TypeVar("_Shaped")
_PICTURE = re.compile(r"!\[[^\]]+\]\(pictures/([a-z0-9-]+)\.png\)")


class ContentBroken(ValueError):
    """A data file of the demo does not hold what it should; the message names the file and the fault."""


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The same thing said in both languages."""

    zh: str
    en: str

    def of(self, lang: Lang) -> str:
        return self.zh if lang == "zh" else self.en


class Questions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Suggested first questions of the widget, a list a language."""

    zh: tuple[str, ...]
    en: tuple[str, ...]

    def of(self, lang: Lang) -> tuple[str, ...]:
        return self.zh if lang == "zh" else self.en


class Hours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Opening times of people on some days; `HH:MM` in the company's time zone."""

    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...]
    opens: str
    closes: str


class Team(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    slug: str
    name: Text
    about: Text


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Someone with a log-in. `chat_limit` is how many conversations at once; 0 for those who do not answer customers."""

    name: Text
    email: str
    role: Role
    teams: tuple[str, ...]
    languages: tuple[Lang, ...]
    chat_limit: int


class Canned(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    shortcut: str
    title: Text
    body: Text


class Company(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    slug: str
    name: Text
    default_locale: Lang
    brand_color: str
    timezone: str
    bot_name: Text
    greeting: Text
    offline_notice: Text
    tags: tuple[str, ...]
    suggested: Questions
    hours: tuple[Hours, ...]
    teams: tuple[Team, ...]
    people: tuple[Person, ...]
    canned: tuple[Canned, ...]

    def answering(self) -> tuple[Person, ...]:
        """Those who answer customers: agents, the supervisor and the owner."""
        return tuple(person for person in self.people if person.chat_limit > 0)


class Category(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A category of the help centre, for FAQ entries and articles alike."""

    slug: str
    order: int
    name: Text
    about: Text


class ProductCategory(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    slug: str
    name: Text


class Product(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A piece in the shop. Prices are whole yuan and dollars; `colors` are the light and the deep tone of its drawing."""

    sku: str
    shape: Shape
    category: str
    name: Text
    price_cny: int
    price_usd: int
    colors: tuple[str, str]
    about: Text


class Catalogue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    categories: tuple[ProductCategory, ...]
    products: tuple[Product, ...]


class FaqEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question, the ways people put it, and its answer in Markdown. The same slug in both languages is the same question."""

    slug: str
    category: str
    question: str
    variants: tuple[str, ...]
    answer: str


class Article(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An article in Markdown; pictures are referred to as `pictures/NAME.png` (drawn by `demo.pictures`)."""

    slug: str
    title: str
    category: str
    summary: str
    order: int
    lang: Lang
    body: str

    def pictures(self) -> tuple[str, ...]:
        """Names of the pictures it shows, without folder and ending."""
        return tuple(_PICTURE.findall(self.body))


class _Categories(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    categories: tuple[Category, ...]


class _Faq(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    entries: tuple[FaqEntry, ...]


class _FrontMatter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    slug: str
    category: str
    summary: str
    order: int


def load_company() -> Company:
    """The workspace: names, look, hours, teams, people, canned replies."""
    company = read_toml(CONTENT / "company.toml", Company)
    _once("company.toml: team", (team.slug for team in company.teams))
    _once("company.toml: e-mail", (person.email for person in company.people))
    _once("company.toml: shortcut", (reply.shortcut for reply in company.canned))
    teams = {team.slug for team in company.teams}
    for person in company.people:
        _known(f"company.toml: {person.email}", person.teams, teams)
    return company


def load_catalogue() -> Catalogue:
    """Products with the categories they are shown under."""
    catalogue = read_toml(CONTENT / "products.toml", Catalogue)
    _once("products.toml: sku", (product.sku for product in catalogue.products))
    _known("products.toml", (product.category for product in catalogue.products), {one.slug for one in catalogue.categories})
    return catalogue


def load_products() -> tuple[Product, ...]:
    """The products in the order of the shop page."""
    return load_catalogue().products


def load_categories() -> tuple[Category, ...]:
    """The help centre's categories in their order."""
    found = read_toml(CONTENT / "categories.toml", _Categories).categories
    _once("categories.toml", (category.slug for category in found))
    return tuple(sorted(found, key=lambda category: category.order))


def load_faq(lang: Lang) -> tuple[FaqEntry, ...]:
    """The FAQ of one language; slugs and phrasings are unique, so that no phrasing has two answers."""
    name = f"faq.{lang}.toml"
    entries = read_toml(CONTENT / name, _Faq).entries
    _once(f"{name}: slug", (entry.slug for entry in entries))
    _once(f"{name}: phrasing", (text.casefold() for entry in entries for text in (entry.question, *entry.variants)))
    _known(name, (entry.category for entry in entries), {category.slug for category in load_categories()})
    return entries


def load_articles(lang: Lang) -> tuple[Article, ...]:
    """The articles of one language, by category and then by their order in it."""
    found = [_article(path, lang) for path in sorted((CONTENT / "articles" / lang).glob("*.md"))]
    places = {category.slug: category.order for category in load_categories()}
    _once(f"articles/{lang}", (article.slug for article in found))
    _known(f"articles/{lang}", (article.category for article in found), set(places))
    return tuple(sorted(found, key=lambda article: (places[article.category], article.order, article.slug)))


def read_toml(path: Path, shape: type[_Shaped]) -> _Shaped:
    """A TOML file as the given struct; unknown, missing and wrongly typed fields raise `ContentBroken`."""
    raw = cast("object", tomllib.loads(path.read_text(encoding="utf-8")))
    return _shaped(raw, shape, path.name)


def _shaped(raw: object, shape: type[_Shaped], where: str) -> _Shaped:
    try:
        return msgspec.convert(raw, shape)
    except msgspec.ValidationError as fault:
        raise ContentBroken(f"{where}: {fault}") from fault


def _article(path: Path, lang: Lang) -> Article:
    where = f"articles/{lang}/{path.name}"
    opening, head, body = path.read_text(encoding="utf-8").split("---\n", 2)
    if opening:
        raise ContentBroken(f"{where}: front matter must come first")
    fields: dict[str, object] = {}
    for line in head.splitlines():
        key, _, value = line.partition(": ")
        fields[key] = int(value) if key == "order" else value.strip()
    front = _shaped(fields, _FrontMatter, where)
    if front.slug != path.stem:
        raise ContentBroken(f"{where}: slug {front.slug} is not the file's name")
    return Article(
        slug=front.slug,
        title=front.title,
        category=front.category,
        summary=front.summary,
        order=front.order,
        lang=lang,
        body=body.strip() + "\n",
    )


def _once(where: str, values: Iterable[str]) -> None:
    twice = sorted(value for value, times in Counter(values).items() if times > 1)
    if twice:
        raise ContentBroken(f"{where} appears more than once: {', '.join(twice)}")


def _known(where: str, values: Iterable[str], allowed: set[str]) -> None:
    strangers = sorted(set(values) - allowed)
    if strangers:
        raise ContentBroken(f"{where}: not declared: {', '.join(strangers)}")
