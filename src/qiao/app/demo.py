"""`qiao serve --demo`: the desk with the demo company, its shop page and its log-ins. Needs the source tree, where the demo lies."""

import asyncio
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from qiao.app.house import House
from qiao.kit.clock import utc_now
from qiao.kit.errors import NotFound

_ROOT = Path(__file__).resolve().parents[3]


class DemoMissing(NotFound):
    """The demo lies beside the sources and is not installed with the program."""

    code = "demo.missing"


async def prepare_demo(house: House) -> list[Any]:
    """Seed the demo company unless it is there, print where everything is, and give the shop's routes."""
    if not (_ROOT / "demo" / "seed.py").exists():
        raise DemoMissing("the demo company lies in the source tree; clone the repository and use ./dev run")
    if str(_ROOT) not in sys.path:
        sys.path.insert(0, str(_ROOT))
    seeding, routes = import_module("demo.seed"), import_module("demo.shop_routes")
    report = await seeding.seed(house, now=utc_now())
    origin = house.settings.origin
    lines = [
        "",
        "  Lanting Teaware 兰亭茶器 is open.",
        "",
        f"    Shop with chat   商店与聊天    {origin}/demo/",
        f"    Help centre      帮助中心      {origin}/help/{report.slug}/zh/   {origin}/help/{report.slug}/en/",
        f"    Console          客服工作台    {origin}/app/",
        "",
        *(f"    {line}" for line in report.logins),
        "",
        "  Ctrl-C stops everything. 按 Ctrl-C 停止。",
        "",
    ]
    await asyncio.to_thread(print, "\n".join(lines), flush=True)
    return [routes.ShopController]
