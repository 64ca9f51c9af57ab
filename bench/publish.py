"""From publishing to answering: one entry, and a file of 10,000 with the meaning of each computed."""

import time
from collections.abc import Callable
from itertools import islice
from typing import Any
from uuid import uuid4

from bench.door import Door
from bench.report import Figure
from bench.retrieval import Writer
from bench.setting import Setting

LONGEST = 900.0
_EDGE = "qiao-bench-edge"
_FRESH = "青花盖碗可以用洗碗机洗吗"


def publish(setting: Setting) -> list[Figure]:
    """Through the doors an editor uses, on a running desk with its worker and the sentence model."""
    rows = setting.pick(300, 10_000)
    with setting.desk(model="auto") as (started, desk):
        door = Door(started, desk)
        words, told = _imported(door, rows)
        meant = _seconds(lambda: door.ask("bot/status")["pending"] == 0) + words
        door.ask(
            "knowledge/faqs",
            {"language": "zh", "question": _FRESH, "variants": [], "answer": "可以，水温五十度以下。", "publish": True},
        )
        one = _seconds(lambda: _zone(door, _FRESH) == "answer")
    return [
        Figure(name=f"one entry among {rows:,}, published until it is answered", value=one, unit="s", aim=("<=", 5)),
        Figure(name=f"{rows:,} entries imported and answered by their words", value=words, unit="s", note=told),
        Figure(name=f"{rows:,} entries known by their meaning too", value=meant, unit="s", aim=("<=", 600)),
    ]


def _imported(door: Door, rows: int) -> tuple[float, str]:
    """Seconds until the last row is answered word for word, and what the import said."""
    writer = Writer(7)
    texts = list(islice(((writer.text(language), language) for language in ("zh", "en") * rows), rows))
    lines = [f"{text} {number},{text} 的回答 {number}" for number, (text, _language) in enumerate(texts)]
    begun = time.perf_counter()
    made = _upload(door, "\n".join(["question,answer", *lines]).encode())
    _seconds(lambda: door.ask(f"knowledge/imports/{made['id']}")["status"] in {"done", "failed"})
    report = door.ask(f"knowledge/imports/{made['id']}")
    if not report["taken"]:
        raise RuntimeError(f"nothing was imported: {report}")
    last = lines[-1].split(",")[0]
    _seconds(lambda: _zone(door, last) == "answer")
    return time.perf_counter() - begun, f"{report['taken']:,} taken, {report['refused']:,} refused as repeats"


def _seconds(until: Callable[[], bool]) -> float:
    begun = time.perf_counter()
    while not until():
        if time.perf_counter() - begun > LONGEST:
            raise TimeoutError(f"not there after {LONGEST:.0f} s")
        time.sleep(0.2)
    return time.perf_counter() - begun


def _zone(door: Door, question: str) -> str:
    return door.ask("bot/try", {"question": question, "previous": []})["zone"]


def _upload(door: Door, table: bytes) -> dict[str, Any]:
    """A CSV file, to be published."""
    fields = "".join(
        f'--{_EDGE}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in (("kind", "faq"), ("publish", "true"))
    )
    head = f'{fields}--{_EDGE}\r\nContent-Disposition: form-data; name="file"; filename="{uuid4().hex}.csv"\r\n\r\n'
    whole = head.encode() + table + f"\r\n--{_EDGE}--\r\n".encode()
    return door.send("knowledge/imports", whole, f"multipart/form-data; boundary={_EDGE}")
