"""A customer in one of the flows that come with the program; the test says what the shop answers."""

from datetime import UTC, datetime, timedelta
from typing import Any

from qiao.domains.bot.flows.advance import advance, asked, fresh
from qiao.domains.bot.flows.building import card_text
from qiao.domains.bot.flows.meant import meant
from qiao.domains.bot.flows.running import Answer, Begin, Call, Card, Event, Faulted, Ground, HandOver, Question, Returned, Say
from qiao.domains.bot.flows.shipping import shipped
from qiao.domains.bot.flows.tools.views import logistics_view, order_view, orders_view, plain
from qiao.ports.commerce_orders import (
    Address,
    Logistics,
    Money,
    Order,
    OrderAction,
    OrderItem,
    OrderStatus,
    OrderSummary,
    Shipment,
    TrackingEvent,
)

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
RUN = "a" * 32
CUP = {"zh": "青瓷茶杯", "en": "Celadon cup"}
POT = {"zh": "紫砂壶", "en": "Clay teapot"}
HOME = Address(country="CN", region="浙江省", city="杭州市", district="西湖区", street="文三路 90 号")
GONE = Faulted("not_found")
DOWN = Faulted("unavailable", "timeout")
EVERYTHING = tuple(OrderAction)


def parcel(*, delivered: bool = False, late: bool = False) -> Shipment:
    return Shipment(
        carrier={"zh": "顺丰速运", "en": "SF Express"},
        tracking_number="SF1234567890",
        dispatched_at=NOW - timedelta(days=2),
        expected_at=NOW + timedelta(days=1),
        delivered_at=NOW - timedelta(hours=3) if delivered else None,
        late=late,
        events=(
            TrackingEvent(at=NOW - timedelta(hours=6), text={"zh": "到达杭州转运中心", "en": "At the Hangzhou hub"}),
            TrackingEvent(at=NOW - timedelta(days=2), text={"zh": "已揽收", "en": "Picked up"}),
        ),
    )


def real_order(number: str = "LT10000001", status: str = "paid", **more: Any) -> Order:
    price = Money(12_800, more.pop("currency", "CNY"))
    titles = more.pop("titles", (CUP, POT))
    return Order(
        **{
            "number": number,
            "status": OrderStatus(status),
            "placed_at": NOW - timedelta(days=5),
            "items": tuple(
                OrderItem(line=str(at), sku=f"S{at}", title=title, quantity=1, unit_price=price)
                for at, title in enumerate(titles, start=1)
            ),
            "goods": price,
            "shipping": price,
            "discount": price,
            "total": price,
            "address": HOME,
            "actions": EVERYTHING,
            **more,
        }
    )


def order(number: str = "LT10000001", status: str = "paid", **more: Any) -> Any:
    """One order as the tool gives it."""
    return plain(order_view(real_order(number, status, **more)))


def orders(*numbers: str) -> Any:
    """The customer's own, as the tool gives them."""
    return plain(
        orders_view(
            [
                OrderSummary(
                    number=number,
                    status=OrderStatus.PAID,
                    placed_at=NOW,
                    total=Money(12_800, "CNY"),
                    title=CUP,
                    pieces=2,
                    late=False,
                )
                for number in numbers
            ]
        )
    )


def parcels(status: str = "shipped", *shipments: Shipment, **more: Any) -> Any:
    return plain(logistics_view(Logistics(order="LT10000002", status=OrderStatus(status), shipments=shipments, **more)))


class Served:
    """`answers`: what each tool gives, a list one after the other; a tool that is not named must not be called."""

    def __init__(self, name: str, language: str = "zh", *, known: bool = True, **answers: Any) -> None:
        self.flow = shipped()[name]
        customer = {"known": known, "name": "林晓" if known else "", "tier": "", "language": language}
        self.ground = Ground(language=language, now=NOW, customer=customer)  # type: ignore[arg-type]
        self.answers = {tool: list(given) if isinstance(given, list) else [given] for tool, given in answers.items()}
        self.calls: list[Call] = []
        self.state = fresh(self.flow, RUN)
        self.effects: list[Any] = []

    def begins(self, text: str, *earlier: str) -> "Served":
        return self._take(Begin(text, earlier))

    def writes(self, text: str, *files: str) -> "Served":
        answer = Answer(text, files)
        return self._take(meant(self.flow, self.state, answer, self.ground) or answer)

    def through(self, *texts: str) -> "Served":
        for text in texts:
            self.writes(text)
        return self

    def _take(self, event: Event) -> "Served":
        self.effects = []
        while True:
            self.state, effects = advance(self.flow, self.state, event, self.ground)
            self.effects += effects
            call = next((one for one in effects if isinstance(one, Call)), None)
            if call is None:
                return self
            self.calls.append(call)
            given = self.answers[call.tool]
            answer = given.pop(0) if len(given) > 1 else given[0]
            event = answer if isinstance(answer, Faulted) else Returned(answer)

    @property
    def said(self) -> str:
        """Everything that was shown in the last step, as one text."""
        return "\n\n".join(
            card_text(one) if isinstance(one, Card) else one.text
            for one in self.effects
            if isinstance(one, Say | Question | Card)
        )

    @property
    def waits_for(self) -> str | None:
        """The slot that is asked for."""
        ask = asked(self.flow, self.state)
        return ask.slot if ask else None

    @property
    def options(self) -> list[str]:
        return [option.label for one in self.effects if isinstance(one, Question) for option in one.options]

    @property
    def card(self) -> Card:
        return next(one for one in self.effects if isinstance(one, Card))

    @property
    def fields(self) -> dict[str, str]:
        return {one.label: one.value for one in self.card.fields}

    @property
    def over(self) -> HandOver:
        return next(one for one in self.effects if isinstance(one, HandOver))

    @property
    def last(self) -> dict[str, Any]:
        """What the last tool was given."""
        return dict(self.calls[-1].arguments)

    @property
    def called(self) -> list[str]:
        return [call.tool for call in self.calls]

    @property
    def outcome(self) -> str | None:
        return self.state.outcome
