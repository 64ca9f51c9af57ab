"""Two hundred invented customers of the demo shop with their orders.

Pure: the same seed and day give the same people. Addresses end in example domains and phone numbers lie in ranges that nobody owns.
"""

import random
import unicodedata
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from demo.content import Lang, Product, load_products
from demo.names import CHINESE_CITIES, CHINESE_FAMILY, CHINESE_GIVEN, HOME_SHARE, PLACES

Tier = Literal["regular", "silver", "gold"]
OrderStatus = Literal["placed", "paid", "shipped", "delivered", "returned"]

HOW_MANY = 200
SIGNED_IN = "林语桐"
_SIGNED_IN_AGES = [148, 24, 9, 2]
DEMO_DAY = date(2026, 11, 20)
_MAIL_DOMAINS = ("example.com", "example.net", "example.org")
_SILVER_FROM = 1_000
_GOLD_FROM = 3_000
_RETURNED_SHARE = 0.07


@dataclass(frozen=True, slots=True)
class Order:
    """An order. `amount` is in whole units of `currency`; carrier and tracking are empty until it has left."""

    id: str
    skus: tuple[str, ...]
    amount: int
    currency: Literal["CNY", "USD"]
    status: OrderStatus
    carrier: str
    tracking: str
    placed_at: datetime


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer; `email` is their key in the demo."""

    name: str
    email: str
    phone: str
    city: str
    country: str
    locale: Lang
    tier: Tier
    orders: tuple[Order, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class _Identity:
    name: str
    email: str
    phone: str
    city: str
    country: str
    locale: Lang


def customers(seed: int = 2026, today: date = DEMO_DAY) -> list[Customer]:
    """The demo's customers, newest order on the day before `today`. The first is 林语桐, who is signed in on the shop's account page."""
    rng = random.Random(seed)
    products = load_products()
    identities = [_home(SIGNED_IN, "lin.yutong", "杭州", 1)]
    taken = {identities[0].name}
    while len(identities) < HOW_MANY:
        one = _identity(rng, len(identities) + 1)
        if one.name not in taken:
            taken.add(one.name)
            identities.append(one)
    calendar = _Calendar(today, {})
    made = [_customer(rng, identity, products, calendar) for identity in identities]
    more = (_to_try(products, calendar, 5, "delivered"), _to_try(products, calendar, 1, "paid"))
    made[0] = replace(made[0], orders=tuple(sorted((*made[0].orders, *more), key=lambda order: order.placed_at)))
    return made


def _to_try(products: tuple[Product, ...], calendar: "_Calendar", age: int, status: OrderStatus) -> Order:
    """An order of the signed-in customer for trying the assistant on: one that may go back, one whose address may still be changed.

    Bought without a dice, so that the others' orders are the same with it and without.
    """
    day = calendar.today - timedelta(days=age)
    bought = (products[age % len(products)], products[(age + 2) % len(products)])
    number = calendar.next_id(day)
    return Order(
        id=number,
        skus=tuple(product.sku for product in bought),
        amount=sum(product.price_cny for product in bought),
        currency="CNY",
        status=status,
        carrier="SF Express" if status == "delivered" else "",
        tracking=f"SF0000{day:%m%d}{number[-4:]}" if status == "delivered" else "",
        placed_at=datetime(day.year, day.month, day.day, 13, 42, 17, tzinfo=UTC),
    )


def _identity(rng: random.Random, number: int) -> _Identity:
    if rng.random() < HOME_SHARE:
        family, family_latin = rng.choice(CHINESE_FAMILY)
        given, given_latin = rng.choice(CHINESE_GIVEN)
        handle = rng.choice((f"{family_latin}.{given_latin}", f"{given_latin}{family_latin}", f"{family_latin}_{given_latin}"))
        return _home(family + given, handle, rng.choice(CHINESE_CITIES), number)
    country, city, first_names, last_names = rng.choice(PLACES)
    first, last = rng.choice(first_names), rng.choice(last_names)
    handle = _latin(f"{first}.{last}")
    # 555-0100 to 555-0199 is kept for fiction; the area code tells the two hundred apart.
    phone = f"+1-{200 + number}-555-01{number % 100:02d}"
    return _Identity(f"{first} {last}", _mail(handle, number), phone, city, country, "en")


def _latin(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.replace("ø", "o")).encode("ascii", "ignore").decode()
    return plain.lower().replace(" ", "")


def _home(name: str, handle: str, city: str, number: int) -> _Identity:
    return _Identity(name, _mail(handle, number), f"+86 199-0000-{number:04d}", city, "CN", "zh")


def _mail(handle: str, number: int) -> str:
    return f"{handle}{number if number > 1 else ''}@{_MAIL_DOMAINS[number % len(_MAIL_DOMAINS)]}"


@dataclass(frozen=True, slots=True)
class _Calendar:
    """Gives order numbers: counted from 0001 a day."""

    today: date
    numbers: dict[date, int]

    def next_id(self, day: date) -> str:
        self.numbers[day] = self.numbers.get(day, 0) + 1
        return f"LT{day:%Y%m%d}-{self.numbers[day]:04d}"


def _customer(rng: random.Random, who: _Identity, products: tuple[Product, ...], calendar: _Calendar) -> Customer:
    count = rng.choices(range(7), weights=(10, 28, 20, 14, 11, 9, 8))[0]
    ages = _SIGNED_IN_AGES if who.name == SIGNED_IN else sorted((_age(rng) for _ in range(count)), reverse=True)
    orders = tuple(_order(rng, who, products, calendar, age) for age in ages)
    oldest = max(ages, default=rng.randint(1, 90))
    created = _moment(rng, calendar.today - timedelta(days=oldest + rng.randint(0, 240)))
    if orders:
        created = min(created, orders[0].placed_at - timedelta(minutes=12))
    return Customer(
        name=who.name,
        email=who.email,
        phone=who.phone,
        city=who.city,
        country=who.country,
        locale=who.locale,
        tier=_tier(orders),
        orders=orders,
        created_at=created,
    )


def _age(rng: random.Random) -> int:
    """Days since the order: every second one falls into the month that the conversations talk about."""
    return rng.randint(1, 32) if rng.random() < 0.5 else rng.randint(33, 320)


def _order(rng: random.Random, who: _Identity, products: tuple[Product, ...], calendar: _Calendar, age: int) -> Order:
    placed = _moment(rng, calendar.today - timedelta(days=age))
    bought = rng.sample(products, k=rng.choices((1, 2, 3), weights=(45, 35, 20))[0])
    status = _status(rng, age, home=who.country == "CN")
    left = status not in {"placed", "paid"}
    home = who.locale == "zh"
    return Order(
        id=calendar.next_id(placed.date()),
        skus=tuple(product.sku for product in bought),
        amount=sum(product.price_cny if home else product.price_usd for product in bought),
        currency="CNY" if home else "USD",
        status=status,
        carrier=("SF Express" if home else "DHL Express") if left else "",
        tracking=_tracking(rng, home=home) if left else "",
        placed_at=placed,
    )


def _tracking(rng: random.Random, *, home: bool) -> str:
    """Shaped so that no carrier would accept it: too many zeros."""
    return f"SF0000{rng.randrange(10**8):08d}" if home else f"000{rng.randrange(10**7):07d}"


def _status(rng: random.Random, age: int, *, home: bool) -> OrderStatus:
    if age == 1:
        return rng.choice(("placed", "paid", "paid", "shipped"))
    if age <= (3 if home else 10):
        return "shipped"
    return "returned" if rng.random() < _RETURNED_SHARE else "delivered"


def _tier(orders: tuple[Order, ...]) -> Tier:
    rate = {"CNY": 1.0, "USD": 1_000 / 150}
    spent = sum(order.amount * rate[order.currency] for order in orders if order.status not in {"placed", "returned"})
    if spent >= _GOLD_FROM:
        return "gold"
    return "silver" if spent >= _SILVER_FROM else "regular"


def _moment(rng: random.Random, day: date) -> datetime:
    """A moment of the Chinese shopping day (08:00–23:00 in Hangzhou) in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(
        minutes=rng.randint(0, 15 * 60 - 1), seconds=rng.randint(0, 59)
    )
