"""Texts that are patterns, and texts with places to fill: where in the source one is made of something that is not written there."""

import ast
from collections.abc import Iterator
from pathlib import Path

from source import nodes, parsed

PATTERNS = {"compile", "search", "match", "fullmatch", "sub", "subn", "split", "findall", "finditer"}
FILLING = {"format", "format_map", "safe_substitute", "substitute", "from_string", "vformat"}


def patterns(path: Path) -> Iterator[str]:
    """Parts of patterns in a file that are neither written there, nor constants, nor escaped."""
    known = _constants(path)
    for node in nodes(path):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        if (name.removeprefix("re.") in PATTERNS and name.startswith("re.")) or name == "lazy_pattern":
            asked = node.args[0] if node.args else next(word.value for word in node.keywords if word.arg == "pattern")
            yield from (ast.unparse(part) for part in _parts(asked) if not _is_written(part, known))


def fillings(path: Path) -> Iterator[str]:
    """Texts in a file that are filled, and are neither written there nor constants."""
    known = _constants(path)
    for node in nodes(path):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in FILLING:
            if not _is_written(node.func.value, known) and not ast.unparse(node.func.value).startswith(("msgspec.", "json.")):
                yield ast.unparse(node.func.value)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "format" and len(node.args) == 2:
            yield from [] if _is_written(node.args[1], known) else [ast.unparse(node.args[1])]
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and isinstance(node.right, ast.Tuple | ast.Dict):
            yield from [] if _is_written(node.left, known) else [ast.unparse(node.left)]


def _parts(node: ast.expr) -> Iterator[ast.expr]:
    """What a text is put together of."""
    if isinstance(node, ast.JoinedStr):
        for one in node.values:
            yield from _parts(one.value) if isinstance(one, ast.FormattedValue) else [one]
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        yield from (*_parts(node.left), *_parts(node.right))
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "join" and node.args:
        yield from (*_parts(node.func.value), *_joined(node.args[0]))
    else:
        yield node


def _joined(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.GeneratorExp | ast.ListComp):
        yield from _parts(node.elt)
    elif isinstance(node, ast.Call) and ast.unparse(node.func) == "map" and ast.unparse(node.args[0]) == "re.escape":
        return
    else:
        yield node


def _is_written(node: ast.expr, known: set[str]) -> bool:
    """Whether an expression is a constant, of a constant, or escaped."""
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, ast.Call):
        return ast.unparse(node.func) == "re.escape"
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) and node.id in known


def _constants(path: Path) -> set[str]:
    """Names of a file that are made when it is read: its own in capitals, and imported ones in capitals."""
    found: set[str] = set()
    for node in parsed(path).body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {name.id for one in targets for name in ast.walk(one) if isinstance(name, ast.Name)}
        elif isinstance(node, ast.ImportFrom):
            found |= {one.asname or one.name for one in node.names}
    return {name for name in found if name.lstrip("_").isupper()}
