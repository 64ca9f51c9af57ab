"""Cards, buttons and what a colleague is told, made from nodes and slots. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from qiao.domains.bot.flows.contracts import AskNode, CardField, CardNode, FlowDefinition, HandOverNode, SayNode, Text
from qiao.domains.bot.flows.running import Card, Ground, NamedValue, Option, Row, Shown
from qiao.domains.bot.flows.texts import fill, in_words, look_up, shown
from qiao.domains.bot.flows.words import word


def options_of(ask: AskNode, slots: Mapping[str, Any], ground: Ground) -> tuple[Option, ...]:
    """The ways to answer that are offered as buttons; none for questions that are answered freely."""
    written = tuple(Option(choice.value, _plain(choice.label, slots, ground)) for choice in ask.choices)
    if ask.kind == "yes_no" and not written:
        return (Option("yes", word("yes", ground.language)), Option("no", word("no", ground.language)))
    listed = ask.listed
    if listed is None:
        return written
    made = [
        Option(str(value), _plain(listed.label, {**slots, "item": item}, ground))
        for item in _items(slots, listed.over)[: listed.most]
        if (value := look_up({"item": item}, f"item.{listed.value}")) is not None
    ]
    return (*made, *written)


def card_of(node: CardNode, slots: Mapping[str, Any], ground: Ground) -> Card:
    """The card of a node. Everything in it is plain text; a link is kept only when it is http or https."""
    link = shown(look_up(slots, node.link), ground) if node.link else ""
    rows = node.rows
    items = _items(slots, rows.over)[: rows.most] if rows else []
    return Card(
        title=_plain(node.title, slots, ground),
        status=_plain(node.status, slots, ground),
        fields=tuple(named_values(node.fields, slots, ground)),
        rows=tuple(
            Row(_plain(rows.text, {**slots, "item": item}, ground), _plain(rows.note, {**slots, "item": item}, ground))
            for item in items
            if rows is not None
        ),
        style=rows.style if rows else "list",
        link=link if link.startswith(("https://", "http://")) else "",
        link_text=_plain(node.link_text, slots, ground),
    )


def shown_of(node: AskNode | SayNode, slots: Mapping[str, Any], ground: Ground) -> Shown | None:
    """The picture or video of a node, named in the customer's language."""
    media = node.media
    return Shown(title=_plain(media.title, slots, ground), file=media.file, link=media.link) if media else None


def known_of(node: HandOverNode, slots: Mapping[str, Any], ground: Ground) -> dict[str, str]:
    """What was gathered, by its name."""
    return {one.label: one.value for one in named_values(node.summary, slots, ground)}


def gathered(flow: FlowDefinition, slots: Mapping[str, Any], ground: Ground) -> dict[str, str]:
    """Every slot that has a name and a value: what a colleague is told when the flow stops somewhere in the middle."""
    labels = {node.slot: in_words(node.label, ground.language) for node in flow.graph.nodes if isinstance(node, AskNode)}
    values = {labels[slot]: shown(slots.get(f"{slot}_text", value), ground) for slot, value in slots.items() if labels.get(slot)}
    return {name: value for name, value in values.items() if value}


def named_values(fields: Sequence[CardField], slots: Mapping[str, Any], ground: Ground) -> list[NamedValue]:
    """The fields that have a value."""
    made = [NamedValue(_plain(one.label, slots, ground), _plain(one.value, slots, ground)) for one in fields]
    return [one for one in made if one.value]


def card_text(card: Card) -> str:
    """A card in words (plain text) without its link, for channels that show none."""
    lines = [" · ".join(part for part in (card.title, card.status) if part)]
    lines += [f"{one.label}: {one.value}" if one.label.isascii() else f"{one.label}：{one.value}" for one in card.fields]
    lines += [" · ".join(part for part in (row.note, row.text) if part) for row in card.rows]
    return "\n".join(lines)


def _items(slots: Mapping[str, Any], path: str) -> list[Any]:
    found = look_up(slots, path)
    return list(found) if isinstance(found, Sequence) and not isinstance(found, str) else []


def _plain(text: Text | None, slots: Mapping[str, Any], ground: Ground) -> str:
    return fill(text, slots, ground, markdown=False)
