"""The bounds of the program, found in its source: constants that are called like one, and what throttles."""

import ast
import operator
import re
from collections.abc import Callable
from pathlib import Path

from source import SOURCE, nodes, parsed, python_files

NAMED = re.compile(
    r"(?:MAX|MOST|LONGEST)(?:_\w+)?|MIN_LENGTH|\w+_AT_MOST|WORKING(?:_EACH)?|OPEN|(?:STATEMENT|IDLE)_SECONDS|KEPT(?:_DAYS)?|(?:SESSION|SESSION_IDLE|INVITE)_DAYS"
    r"|RESET_MINUTES"
)
ROOMS = re.compile(
    r"platform/(?:auth|blobs|bus|db|http|jobs|live|log|uploads)/|portal/|app/asgi\.py|app/reach\.py"
    r"|domains/\w+/(?:contracts|rules|keys|identity|\w*http)\.py|domains/\w+/(?:service|http)/"
    r"|domains/bot/(?:flows|learning|generating|assist)/contracts\.py|domains/bot/flows/(?:desk|tools/\w+)\.py"
    r"|domains/knowledge/importing/contracts\.py|domains/inboxes/(?:special_rules|calendar_files|receipts|wire)\.py"
    r"|domains/conversations/(?:presence|reading|visitor_socket)\.py|domains/delivery/sending\.py|domains/reception/media\.py"
)
"""Where bounds stand that somebody outside can come to: what is said to them, asked of them, kept of theirs."""
ARITHMETIC: dict[type, Callable[..., float]] = {
    ast.Mult: operator.mul, ast.Div: operator.truediv, ast.LShift: operator.lshift, ast.Pow: operator.pow, ast.Sub: operator.sub,
}  # fmt: skip
THROTTLES = {"Throttle", "SharedThrottle", "Bound"}


def constants() -> dict[str, object]:
    """module.NAME and value of each bound; modules are paths below src/qiao with dots. Only what can be reckoned by itself."""
    found: dict[str, object] = {}
    for path in python_files():
        if not ROOMS.match(path.relative_to(SOURCE).as_posix()):
            continue
        for node in parsed(path).body:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target if isinstance(node, ast.AnnAssign) else None
            if isinstance(target, ast.Name) and NAMED.fullmatch(target.id) and (value := reckoned(node.value)) is not None:  # type: ignore[union-attr]
                found[f"{_name(path)}.{target.id}"] = value
    return found


def throttles() -> dict[str, tuple[float, float]]:
    """module and name of each throttle, with how many a second and how many at once."""
    found: dict[str, tuple[float, float]] = {}
    for path in python_files():
        for node in nodes(path):
            value = getattr(node, "value", None)
            if not isinstance(node, ast.Assign | ast.AnnAssign) or not isinstance(value, ast.Call):
                continue
            if ast.unparse(value.func) in THROTTLES:
                target = node.targets[0] if isinstance(node, ast.Assign) else node.target
                given = [one for one in value.args if not (isinstance(one, ast.Constant) and isinstance(one.value, str))]
                words = {one.arg: one.value for one in value.keywords}
                rate, burst = (words.get(name) or given[at] for at, name in enumerate(("rate", "burst")))
                if (fast := reckoned(rate)) is not None and (many := reckoned(burst)) is not None:
                    found[f"{_name(path)}.{ast.unparse(target).removeprefix('self.').lstrip('_')}"] = (float(fast), float(many))
    return found


def reckoned(node: ast.expr | None) -> float | None:
    """What an expression of numbers comes to; None for any other."""
    if isinstance(node, ast.Constant):
        return node.value if type(node.value) in {int, float} else None  # type: ignore[return-value]
    if not isinstance(node, ast.BinOp) or type(node.op) not in ARITHMETIC:
        return None
    left, right = reckoned(node.left), reckoned(node.right)
    return None if left is None or right is None else ARITHMETIC[type(node.op)](left, right)


def number(text: str) -> float | None:
    """The number that a cell of a page says, as `10_000` or `4 * 1024 * 1024`."""
    return reckoned(ast.parse(text, mode="eval").body)


def _name(path: Path) -> str:
    return path.relative_to(SOURCE).with_suffix("").as_posix().replace("/", ".")
