"""Renders the chart's templates as far as they go: `range`, `if`, values, `quote`, `default`, `toYaml | nindent`. Whatever else a template
says is an error, so that nothing is checked that was not understood.
"""

import json
import re
from pathlib import Path
from typing import Any

import yaml

_TAG = re.compile(r"\{\{(-?)\s*(.*?)\s*(-?)\}\}", re.DOTALL)


def rendered(folder: Path, release: str = "desk", **changes: Any) -> list[dict[str, Any]]:
    """Every object that the chart makes with its values, some of them changed."""
    values = yaml.safe_load((folder / "values.yaml").read_text()) | changes
    chart = yaml.safe_load((folder / "Chart.yaml").read_text())
    there = {"Values": values, "Release": {"Name": release}, "Chart": {"AppVersion": chart["appVersion"], "Name": chart["name"]}}
    made: list[dict[str, Any]] = []
    for template in sorted((folder / "templates").glob("*.yaml")):
        text = _render(_parsed(template.read_text()), {"": there, "$": there})
        made += [one for one in yaml.safe_load_all(text) if one]
    return made


def _parsed(text: str) -> list[Any]:
    """Texts, expressions and blocks (head, body)."""
    root: list[Any] = []
    stack, at = [root], 0
    for tag in _TAG.finditer(text):
        before = text[at : tag.start()]
        stack[-1].append(before.rstrip() if tag[1] else before)
        at = tag.end()
        if tag[3]:
            at += len(text[at:]) - len(text[at:].lstrip())
        word = tag[2].split(maxsplit=1)[0]
        if word in {"range", "if"}:
            body: list[Any] = []
            stack[-1].append((tag[2], body))
            stack.append(body)
        elif word == "end":
            stack.pop()
        else:
            stack[-1].append((tag[2], None))
    stack[-1].append(text[at:])
    assert len(stack) == 1, "a block is not ended"
    return root


def _render(parts: list[Any], names: dict[str, Any]) -> str:
    said: list[str] = []
    for part in parts:
        if isinstance(part, str):
            said.append(part)
        elif part[1] is None:
            said.append(str(_value(part[0], names)))
        elif part[0].startswith("if "):
            said.append(_render(part[1], names) if _value(part[0][3:], names) else "")
        else:
            said += [_render(part[1], one) for one in _each(part[0], names)]
    return "".join(said)


def _each(head: str, names: dict[str, Any]) -> list[dict[str, Any]]:
    variables, source = re.fullmatch(r"range (\$\w+(?:, \$\w+)?) := (.*)", head).groups()
    called = variables.split(", ")
    found = re.findall(r'"([^"]*)"', source) if source.startswith("list ") else _value(source, names)
    if len(called) == 1:
        return [{**names, called[0]: one} for one in found]
    return [{**names, called[0]: key, called[1]: found[key]} for key in sorted(found)]


def _value(expression: str, names: dict[str, Any]) -> Any:
    first, *pipes = [one.strip() for one in expression.split("|")]
    function, _, rest = first.partition(" ")
    value = _path(rest, names) if function == "toYaml" else _path(first, names)
    if function == "toYaml":
        value = yaml.safe_dump(value, sort_keys=True).strip()
    for pipe in pipes:
        name, *arguments = pipe.split()
        value = {
            "quote": lambda given: json.dumps(str(given)),
            "default": lambda given, arguments=arguments: given or _path(arguments[0], names),
            "nindent": lambda given, arguments=arguments: (
                "\n" + "\n".join(" " * int(arguments[0]) + line for line in given.splitlines())
            ),
        }[name](value)
    return value


def _path(path: str, names: dict[str, Any]) -> Any:
    root, *steps = path.split(".")
    value = names[root]
    for step in steps:
        value = value[step]
    return value
