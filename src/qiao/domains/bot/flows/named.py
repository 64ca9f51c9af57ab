"""What a node says and reads: its texts and the slots it names, field by field. Pure."""

from collections.abc import Iterator

from qiao.domains.bot.flows.contracts import (
    AskNode,
    BranchNode,
    CardNode,
    Condition,
    EndNode,
    HandOverNode,
    Node,
    SayNode,
    Text,
    ToolNode,
)


def texts_of(node: Node) -> Iterator[tuple[str, Text, bool]]:
    """Every text of a node: (field, text, whether `{item.…}` means something in it)."""
    match node:
        case AskNode():
            yield from _ask_texts(node)
        case SayNode():
            yield "text", node.text, False
        case CardNode():
            yield from _card_texts(node)
        case HandOverNode():
            yield from _last_texts(node)
        case EndNode() if node.text is not None:
            yield "text", node.text, False
        case _:
            pass
    if isinstance(node, SayNode | AskNode) and node.media is not None:
        yield "media.title", node.media.title, False


def _ask_texts(node: AskNode) -> Iterator[tuple[str, Text, bool]]:
    yield "prompt", node.prompt, False
    yield from ((name, text, False) for name, text in (("again", node.again), ("label", node.label)) if text is not None)
    yield from ((f"choices.{at}.label", choice.label, False) for at, choice in enumerate(node.choices))
    if node.listed is not None:
        yield "listed.label", node.listed.label, True


def _last_texts(node: HandOverNode) -> Iterator[tuple[str, Text, bool]]:
    yield "reason", node.reason, False
    for at, one in enumerate(node.summary):
        yield f"summary.{at}.label", one.label, False
        yield f"summary.{at}.value", one.value, False
    if node.text is not None:
        yield "text", node.text, False


def _card_texts(node: CardNode) -> Iterator[tuple[str, Text, bool]]:
    yield "title", node.title, False
    yield from (
        (name, text, False) for name, text in (("status", node.status), ("link_text", node.link_text)) if text is not None
    )
    for at, one in enumerate(node.fields):
        yield f"fields.{at}.label", one.label, False
        yield f"fields.{at}.value", one.value, False
    if node.rows is not None:
        yield "rows.text", node.rows.text, True
        if node.rows.note is not None:
            yield "rows.note", node.rows.note, True


def paths_of(node: Node) -> Iterator[tuple[str, str]]:
    """Every slot, or part of one, that a node reads beside its texts: (field, path)."""
    match node:
        case AskNode() if node.listed is not None:
            yield "listed.over", node.listed.over
        case BranchNode():
            for at, case in enumerate(node.cases):
                yield from ((f"cases.{at}.when", path) for path in _condition_paths(case.when))
        case ToolNode():
            yield from ((f"arguments.{name}", one.slot) for name, one in node.arguments.items() if one.slot is not None)
        case CardNode():
            yield from (
                (name, path) for name, path in (("link", node.link), ("rows.over", node.rows.over if node.rows else None)) if path
            )
        case _:
            pass


def _condition_paths(condition: Condition) -> Iterator[str]:
    if condition.slot is not None:
        yield condition.slot
    for one in condition.of:
        yield from _condition_paths(one)
