"""A shop with orders, flows and a customer who writes through the visitor's API, for journeys through flows."""

import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.process import Process, eventually

from qiao.domains.commerce.contracts import NewItem, NewOrder, NewParcel, NewSlot
from qiao.domains.inboxes.contracts import Inbox
from qiao.domains.knowledge.contracts import NewFaq
from qiao.kit.clock import utc_now
from qiao.platform.auth.signing import sign_proof
from qiao.ports.commerce_orders import Address, OrderStatus, TrackingEvent

CUPS = {"zh": "青瓷茶杯", "en": "Celadon cup"}
POT = {"zh": "紫砂壶", "en": "Clay teapot"}
HANGZHOU = Address(
    country="CN", region="浙江省", city="杭州市", district="西湖区", street="文三路 90 号", recipient="林晓", phone="13800000188"
)
LONDON = Address(
    country="GB", city="London", street="12 Garden Row", postcode="N1 7AB", recipient="Ann Lee", phone="+447700900188"
)


def order(number: str, status: OrderStatus, now: datetime, **more: Any) -> NewOrder:
    return NewOrder(
        **{
            "number": number,
            "placed_at": now - timedelta(days=5),
            "status": status,
            "currency": "CNY",
            "items": (
                NewItem(sku="CUP", title=CUPS, quantity=1, unit_price=12_800),
                NewItem(sku="POT", title=POT, quantity=1, unit_price=26_800),
            ),
            "address": HANGZHOU,
            "customer_id": "lin-1",
            "phone": "+8613800000188",
            **more,
        }
    )


def parcel(now: datetime, *, delivered: bool = False) -> NewParcel:
    return NewParcel(
        carrier={"zh": "顺丰速运", "en": "SF Express"},
        tracking_number="SF1234567890",
        dispatched_at=now - timedelta(days=2),
        expected_at=now + timedelta(days=1),
        delivered_at=now - timedelta(days=1) if delivered else None,
        events=(
            TrackingEvent(at=now - timedelta(days=2), text={"zh": "已揽收", "en": "Picked up"}),
            TrackingEvent(at=now - timedelta(hours=6), text={"zh": "到达杭州转运中心", "en": "At the Hangzhou hub"}),
        ),
    )


class FlowShop:
    """The shop. Orders: LT10000001 paid, LT10000002 on its way, LT10000003 delivered (customer lin-1); EN20000001 to 003 of ann-1."""

    def __init__(self, process: Process) -> None:
        self.process = process

    async def open(self) -> None:
        now = utc_now()
        states = (OrderStatus.PAID, OrderStatus.SHIPPED, OrderStatus.DELIVERED)
        english = {"currency": "USD", "address": LONDON, "customer_id": "ann-1", "phone": "+447700900188"}
        made = [
            order(
                f"{prefix}{number + 1}",
                status,
                now,
                parcels=() if number == 0 else (parcel(now, delivered=number == 2),),
                delivered_at=now - timedelta(days=1) if number == 2 else None,
                dispatch_by=now + timedelta(days=1) if number == 0 else None,
                **more,
            )
            for prefix, more in (("LT1000000", {}), ("EN2000000", english))
            for number, status in enumerate(states)
        ]
        made.append(order("LT99999999", OrderStatus.PAID, now, customer_id="other-9", phone="+8613900000777"))
        begins = (now + timedelta(days=3)).replace(hour=2, minute=0, second=0, microsecond=0)
        slots = [
            NewSlot(
                service="showroom",
                title={"zh": "展厅试茶", "en": "Showroom visit"},
                place={"zh": "杭州展厅", "en": "Hangzhou showroom"},
                starts_at=begins + timedelta(hours=at),
                ends_at=begins + timedelta(hours=at + 1),
                places=4,
            )
            for at in (0, 2, 4)
        ]
        house = self.process.house
        self.inbox: Inbox = await self.process.inbox()
        async with self.process.scope() as scope:
            await house.commerce.add_orders(scope, made)
            await house.commerce.add_slots(scope, slots)
            for language, question, answer in (
                ("zh", "退货的运费谁出？", "质量问题我们出，不喜欢由您出。"),
                ("en", "Who pays for return shipping?", "We pay when it is our fault."),
                ("zh", "快递一般几天到？", "一般一到三天。"),
                ("en", "How long does delivery take?", "One to three days."),
            ):
                await house.knowledge.faqs.create(
                    scope, NewFaq(language=language, question=question, answer=answer, publish=True), None
                )
            assert await house.bot.flows.install(scope, publish=True) == 7
        self.secret = ""

    async def customer(self, subject: str | None = None, name: str = "林晓") -> "Customer":
        """Somebody who writes: signed in with the shop's identity, or nobody in particular."""
        body: dict[str, Any] = {"inbox_key": self.inbox.key}
        if subject is not None:
            if not self.secret:
                async with self.process.scope() as scope:
                    self.secret = (await self.process.house.identity_keys.add(scope, self.inbox.id)).secret
            body["identity"] = sign_proof(subject, self.secret, audience=self.inbox.key, claims={"name": name})
        begun = (await self.process.door().post("/visitor/v1/sessions", json=body)).json()
        return Customer(self.process, self.process.door(Authorization=f"Bearer {begun['token']}"))


class Customer:
    """One customer and what they were told. `say` waits for the bot's turn."""

    def __init__(self, process: Process, door: httpx.AsyncClient) -> None:
        self.process, self.door = process, door
        self.seen = 0
        self.told: list[dict[str, Any]] = []
        self.talk = ""

    async def say(self, text: str, option: str | None = None, **more: Any) -> str:
        """The bot's words to it, all messages joined."""
        body = {"client_id": uuid4().hex, "text": text, **({"option": option} if option else {}), **more}
        sent = await self.door.post("/visitor/v1/messages", json=body)
        assert sent.status_code == 201, sent.text
        self.talk, seq = sent.json()["conversation"]["id"], sent.json()["message"]["seq"]

        async def answered() -> list[dict[str, Any]] | None:
            items = (await self.door.get("/visitor/v1/messages", params={"after": seq})).json()["items"]
            found = [one for one in items if one["author"]["kind"] == "bot" and one["kind"] == "text"]
            return found or None

        self.told = await eventually(answered)
        return "\n\n".join(one["text"] for one in self.told)

    @property
    def options(self) -> list[str]:
        """The labels of the buttons under the last message."""
        return [one["label"] for one in self.told[-1]["content"].get("options", [])]

    @property
    def card(self) -> dict[str, Any]:
        """The card that was shown."""
        return next(one["content"]["card"] for one in self.told if one["content"]["type"] == "card")

    async def status(self) -> str:
        async with self.process.scope() as scope:
            return (await self.process.house.conversations.get(scope, self.talk)).status
