"""`python -m bench [--quick] [part ...]`: without parts, all of them."""

import argparse
import sys
import time
from collections.abc import Callable, Mapping

from bench.askers import askers
from bench.bot import bot
from bench.delivery import delivery
from bench.drive import folder
from bench.fanout import fanout
from bench.idle import idle
from bench.neighbours import neighbours
from bench.nodes import nodes
from bench.overload import overload
from bench.partitions import partitions
from bench.publish import publish
from bench.report import Figure, Page, keep, machine, show
from bench.rest import rest
from bench.roundtrip import roundtrip
from bench.setting import Setting
from bench.size import size
from bench.startup import startup
from bench.webhooks import webhooks

PARTS: Mapping[str, Callable[[Setting], list[Figure]]] = {
    "startup": startup,
    "roundtrip": roundtrip,
    "fanout": fanout,
    "rest": rest,
    "idle": idle,
    "bot": bot,
    "askers": askers,
    "publish": publish,
    "webhooks": webhooks,
    "delivery": delivery,
    "neighbours": neighbours,
    "overload": overload,
    "nodes": nodes,
    "size": size,
    "partitions": partitions,
}


def main() -> int:
    """Measure, show and keep. 0 when every part ran, whether or not aims were met: machines differ; 1 when a part failed."""
    parser = argparse.ArgumentParser(prog="bench", description="What Qiao does in a second, beside its limits and its peers.")
    parser.add_argument("parts", nargs="*", metavar="part", help=f"any of: {', '.join(PARTS)}")
    parser.add_argument(
        "--quick", action="store_true", help="about a minute: shows that the benchmarks work, not how fast Qiao is"
    )
    given = parser.parse_args()
    unknown = [name for name in given.parts if name not in PARTS]
    if unknown:
        parser.error(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}")
    facts = machine()
    print(
        f"{facts['cpu']}, {facts['cores']} cores, Linux {facts['kernel']}, Python {facts['python']}, load {facts['load_before'][0]}"
    )
    done: dict[str, list[Figure]] = {}
    took: dict[str, float] = {}
    failed: list[str] = []
    with folder() as at:
        setting = Setting(at, quick=given.quick)
        for name in given.parts or PARTS:
            started = time.perf_counter()
            try:
                done[name] = PARTS[name](setting)
            except (RuntimeError, OSError, TimeoutError) as error:
                print(f"\n── {name}\n ✗ not measured: {error}", file=sys.stderr)
                failed.append(name)
                continue
            took[name] = round(time.perf_counter() - started, 1)
            show(f"{name} ({took[name]:.0f} s)", done[name])
    path = keep(Page(machine=facts, quick=given.quick, parts=done, took_seconds=took))
    print(f"\nkept in {path}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
