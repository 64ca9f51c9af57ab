"""The demo customers' orders as the shop's store keeps them: sums, addresses, parcels, returns, and times that can be booked.

Pure: the same customers and moment give the same orders. Rules and amounts follow `demo/content/FACTS.md`.
"""

import random
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from demo.content import Product, load_products
from demo.customers import Customer, Order
from demo.parcels import BEIJING, leaves_at, parcel_of
from qiao.domains.commerce.contracts import NewItem, NewOrder, NewRequest, NewSlot, Policy
from qiao.kit.ids import ContactId
from qiao.ports.commerce_orders import Address, OrderStatus, RequestKind, RequestStatus

POLICY = Policy(
    return_days=15,
    special_vat_from=100_000,
    invoice_days=90,
    complaint_days=7,
    cancel_hours=12,
    stale_days_home=3,
    stale_days_abroad=9,
    return_address={
        "zh": "浙江省杭州市余杭区竹溪路 88 号 2 号仓，兰亭茶器售后 收，400-000-0188，邮编 311100",
        "en": "Lanting Teaware Returns, Warehouse 2, 88 Zhuxi Road, Yuhang, Hangzhou 311100, China",
    },
)
_STATUS = {
    "placed": OrderStatus.UNPAID,
    "paid": OrderStatus.PAID,
    "shipped": OrderStatus.SHIPPED,
    "delivered": OrderStatus.DELIVERED,
    "returned": OrderStatus.RETURNED,
}
_REGIONS = {
    "杭州": "浙江省", "宁波": "浙江省", "广州": "广东省", "深圳": "广东省", "成都": "四川省", "武汉": "湖北省", "南京": "江苏省",
    "苏州": "江苏省", "西安": "陕西省", "厦门": "福建省", "福州": "福建省", "长沙": "湖南省", "青岛": "山东省", "郑州": "河南省",
    "昆明": "云南省", "合肥": "安徽省", "大连": "辽宁省", "沈阳": "辽宁省", "哈尔滨": "黑龙江省", "兰州": "甘肃省", "南昌": "江西省",
    "乌鲁木齐": "新疆维吾尔自治区", "上海": "上海市", "北京": "北京市", "天津": "天津市", "重庆": "重庆市",
}  # fmt: skip
_STREETS_ZH = ("文昌路", "青年路", "梧桐街", "滨河西路", "书院路", "翠竹巷", "长乐路", "明德街")
_STREETS_EN = ("Maple Street", "Harbour Road", "Church Lane", "Garden Avenue", "Mill Street", "Station Road", "Elm Court")
_SHOWROOM = {"zh": "杭州展厅（余杭区竹溪路 88 号 1 楼）", "en": "Hangzhou showroom, 1st floor, 88 Zhuxi Road, Yuhang"}
_TASTING = {"zh": "展厅试茶，挑一件顺手的器", "en": "Showroom visit with tea, to find the piece that fits your hand"}
_STOVE = {"zh": "电陶炉到店检修", "en": "Electric stove check at the showroom"}
_OPEN_DAYS = frozenset({3, 4, 5, 6, 7})
SLOT_DAYS = 60


def store_orders(customers: Sequence[Customer], numbers: Sequence[str], now: datetime) -> list[NewOrder]:
    """Every order; `numbers` are the shop's own of its customers, in their order. `now` is aware."""
    pieces = {product.sku: product for product in load_products()}
    return [
        _order(customer, number, order, (pieces, now))
        for customer, number in zip(customers, numbers, strict=True)
        for order in customer.orders
    ]


def open_requests(orders: Sequence[NewOrder], contacts: Mapping[str, UUID], now: datetime) -> list[NewRequest]:
    """What was asked about the orders before: returns that ended, and some returns, invoices and complaints of the last weeks.

    `contacts` by e-mail.
    """
    found: list[NewRequest] = []
    for order in orders:
        kind = _request_kind(order, now)
        if kind is not None and order.delivered_at is not None and order.email is not None:
            found.append(_request(order, kind, ContactId(contacts[order.email]), now))
    return found


def bookable(today: date, days: int = SLOT_DAYS) -> list[NewSlot]:
    """Times at the showroom, from tomorrow on: Wednesday to Sunday, 10:00 to 18:00 in Hangzhou."""
    open_days = [today + timedelta(days=ahead) for ahead in range(1, days + 1)]
    made: list[NewSlot] = []
    for day in open_days:
        if day.isoweekday() in _OPEN_DAYS:
            made += [_slot("showroom", _TASTING, day, hour, 60, 4) for hour in (10, 11, 14, 15, 16)]
            made.append(_slot("stove-check", _STOVE, day, 13, 30, 1))
    return made


def freight(customer: Customer, order: Order) -> int:
    """What sending costs, in minor units, by the shop's price list."""
    if order.currency == "USD":
        return 0 if order.amount >= 79 else 1_500
    far = customer.city == "乌鲁木齐"
    return 0 if order.amount >= (299 if far else 199) else 2_500 if far else 1_200


def _order(customer: Customer, number: str, order: Order, shop: tuple[Mapping[str, Product], datetime]) -> NewOrder:
    pieces, now = shop
    rng = random.Random(order.id)
    left = order.status not in {"placed", "paid"}
    parcel = parcel_of(customer, order, now, rng) if left else None
    gone = order.status == "returned"
    return NewOrder(
        number=order.id,
        placed_at=order.placed_at,
        status=_STATUS[order.status],
        currency=order.currency,
        items=tuple(_item(pieces[sku], order.currency, returned=gone) for sku in order.skus),
        address=_address(customer),
        customer_id=number,
        email=customer.email,
        phone=customer.phone,
        shipping=freight(customer, order),
        dispatch_by=None if order.status == "placed" else max(leaves_at(order.placed_at, rng), _next_pick_up(now, left=left)),
        delivered_at=parcel.delivered_at if parcel else None,
        parcels=(parcel,) if parcel else (),
    )


def _next_pick_up(now: datetime, *, left: bool) -> datetime:
    """What was paid and has not left goes with the carrier's next round."""
    return datetime.min.replace(tzinfo=now.tzinfo) if left else leaves_at(now, random.Random(0))


def _item(product: Product, currency: str, *, returned: bool) -> NewItem:
    price = product.price_cny if currency == "CNY" else product.price_usd
    return NewItem(
        sku=product.sku,
        title={"zh": product.name.zh, "en": product.name.en},
        quantity=1,
        unit_price=price * 100,
        returned=int(returned),
    )


def _address(customer: Customer) -> Address:
    rng = random.Random(customer.email)
    if customer.country == "CN":
        street = f"{rng.choice(_STREETS_ZH)} {rng.randint(2, 380)} 号 {rng.randint(1, 12)} 幢 {rng.randint(101, 1808)} 室"
        region = _REGIONS.get(customer.city, "")
        return Address(
            country="CN", region=region, city=customer.city, street=street, recipient=customer.name, phone=customer.phone
        )
    street = f"{rng.randint(3, 240)} {rng.choice(_STREETS_EN)}"
    return Address(country=customer.country, city=customer.city, street=street, recipient=customer.name, phone=customer.phone)


def _request_kind(order: NewOrder, now: datetime) -> RequestKind | None:
    if order.status is OrderStatus.RETURNED:
        return RequestKind.RETURN
    rng = random.Random(f"request {order.number}")
    recent = order.delivered_at is not None and now - order.delivered_at < timedelta(days=20)
    if not recent or order.customer_id == "LT-C00001" or rng.random() > 0.25:
        return None
    return rng.choice((RequestKind.INVOICE, RequestKind.INVOICE, RequestKind.COMPLAINT))


def _request(order: NewOrder, kind: RequestKind, contact_id: ContactId, now: datetime) -> NewRequest:
    rng = random.Random(f"number {order.number}")
    opened = min((order.delivered_at or now) + timedelta(hours=rng.randint(4, 60)), now - timedelta(hours=1))
    changed = min(opened + timedelta(hours=rng.randint(20, 150)), now)
    done = kind is RequestKind.RETURN or now - opened > timedelta(days=3)
    prefix = {RequestKind.RETURN: "RMA", RequestKind.INVOICE: "INV"}.get(kind, "CP")
    return NewRequest(
        order=order.number,
        number=f"{prefix}{opened:%y%m%d}-{order.number[2:10]}{order.number[-4:]}",
        kind=kind,
        status=RequestStatus.DONE if done else RequestStatus.RECEIVED,
        contact_id=contact_id,
        opened_at=opened,
        changed_at=changed if done else opened,
    )


def _slot(service: str, title: dict[str, str], day: date, hour: int, minutes: int, places: int) -> NewSlot:  # noqa: PLR0913, PLR0917
    starts = datetime(day.year, day.month, day.day, hour, tzinfo=BEIJING)
    return NewSlot(
        service=service,
        title=title,
        place=_SHOWROOM,
        starts_at=starts,
        ends_at=starts + timedelta(minutes=minutes),
        places=places,
    )
