"""How the demo's parcels travel: what carriers say on the way, in both languages. Pure; the same seed gives the same ways."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from demo.content import Text
from demo.customers import Customer, Order
from qiao.domains.commerce.contracts import NewParcel
from qiao.ports.commerce_orders import TrackingEvent

BEIJING = ZoneInfo("Asia/Shanghai")
CUT_OFF_HOUR = 16
_SUNDAY = 7
_STUCK_SHARE = 0.14
_SLOW_SHARE = 0.08
_FAR = frozenset({"乌鲁木齐", "兰州", "哈尔滨"})

CARRIERS = {
    "SF Express": Text(zh="顺丰速运", en="SF Express"),
    "DHL Express": Text(zh="DHL 国际快递", en="DHL Express"),
}
CITIES = {
    "上海": "Shanghai", "北京": "Beijing", "广州": "Guangzhou", "深圳": "Shenzhen", "杭州": "Hangzhou", "成都": "Chengdu",
    "武汉": "Wuhan", "南京": "Nanjing", "苏州": "Suzhou", "西安": "Xi’an", "重庆": "Chongqing", "厦门": "Xiamen",
    "福州": "Fuzhou", "长沙": "Changsha", "青岛": "Qingdao", "郑州": "Zhengzhou", "昆明": "Kunming", "宁波": "Ningbo",
    "天津": "Tianjin", "合肥": "Hefei", "大连": "Dalian", "沈阳": "Shenyang", "哈尔滨": "Harbin", "乌鲁木齐": "Urumqi",
    "兰州": "Lanzhou", "南昌": "Nanchang",
}  # fmt: skip

_WAREHOUSE = Text(zh="杭州余杭", en="Yuhang, Hangzhou")
_HUB = Text(zh="杭州", en="Hangzhou")
_GATEWAY = Text(zh="上海浦东", en="Shanghai Pudong")
_Step = tuple[float, Text, Text]
"""Part of the way (0 to 1), what is said, where."""


def leaves_at(placed: datetime, rng: random.Random) -> datetime:
    """When the warehouse hands an order over that was paid at `placed`: the same day until 16:00 in Hangzhou, never on a Sunday."""
    local = placed.astimezone(BEIJING)
    day = local.date() if local.hour < CUT_OFF_HOUR else local.date() + timedelta(days=1)
    if day.isoweekday() == _SUNDAY:
        day += timedelta(days=1)
    evening = datetime(day.year, day.month, day.day, 16, tzinfo=BEIJING) + timedelta(minutes=rng.randint(5, 150))
    return evening.astimezone(placed.tzinfo)


def parcel_of(customer: Customer, order: Order, now: datetime, rng: random.Random) -> NewParcel:
    """The parcel of an order that has left: delivered, on its way, or stuck on it."""
    home = customer.country == "CN"
    left = min(leaves_at(order.placed_at, rng), max(order.placed_at, now - timedelta(minutes=40))).replace(microsecond=0)
    arrived = order.status in {"delivered", "returned"}
    hours = _hours(customer.city, rng, home=home)
    expected = left + timedelta(hours=72 if home and customer.city not in _FAR else 144 if home else 24 * 10)
    ends = left + timedelta(hours=hours)
    ends = (min(ends, now - timedelta(hours=2)) if arrived else ends).replace(microsecond=0)
    stuck = not arrived and rng.random() < _STUCK_SHARE
    steps = _home_steps(customer.city) if home else _abroad_steps(customer.city)
    events = _events(steps, left, ends, now)
    if stuck:
        events = events[:2]
        expected = min(expected, now - timedelta(hours=rng.randint(3, 20)))
    return NewParcel(
        carrier=_words(CARRIERS[order.carrier]),
        tracking_number=order.tracking,
        dispatched_at=left,
        expected_at=max(expected, left + timedelta(hours=12)),
        delivered_at=ends if arrived else None,
        events=tuple(events if arrived else [event for event in events if event.at < ends]),
    )


def _hours(city: str, rng: random.Random, *, home: bool) -> float:
    """Door to door, now and then longer than promised."""
    usual = rng.uniform(76, 130) if home and city in _FAR else rng.uniform(20, 66) if home else rng.uniform(7, 10.5) * 24
    return usual * (1.6 if rng.random() < _SLOW_SHARE else 1.0)


def _home_steps(city: str) -> Sequence[_Step]:
    there = Text(zh=city, en=CITIES.get(city, city))
    return (
        (0.0, Text(zh="顺丰已揽收", en="Picked up by SF Express"), _WAREHOUSE),
        (0.12, Text(zh="快件已到达杭州转运中心", en="Arrived at the Hangzhou sorting centre"), _HUB),
        (0.2, Text(zh=f"快件已发往{city}", en=f"On its way to {there.en}"), _HUB),
        (0.72, Text(zh=f"快件已到达{city}集散点", en=f"Arrived at the {there.en} depot"), there),
        (0.9, Text(zh="正在派送，请保持电话畅通", en="Out for delivery"), there),
        (1.0, Text(zh="已签收，感谢使用顺丰", en="Delivered and signed for"), there),
    )


def _abroad_steps(city: str) -> Sequence[_Step]:
    there = Text(zh=city, en=city)
    return (
        (0.0, Text(zh="DHL 已取件", en="Picked up by DHL"), _WAREHOUSE),
        (0.08, Text(zh="已到达上海口岸，正在办理出口报关", en="At the Shanghai gateway, export clearance"), _GATEWAY),
        (0.2, Text(zh="航班已起飞", en="Departed by air"), _GATEWAY),
        (0.55, Text(zh="已到达目的国，等待清关", en="Arrived in the destination country, awaiting customs"), there),
        (0.75, Text(zh="清关完成", en="Released by customs"), there),
        (0.93, Text(zh="正在派送", en="With the courier"), there),
        (1.0, Text(zh="已签收", en="Delivered"), there),
    )


def _events(steps: Sequence[_Step], left: datetime, ends: datetime, now: datetime) -> list[TrackingEvent]:
    way = ends - left
    said = [
        TrackingEvent(at=(left + way * part).replace(microsecond=0), text=_words(text), place=_words(place))
        for part, text, place in steps
    ]
    return [event for event in said if event.at <= now]


def _words(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}
