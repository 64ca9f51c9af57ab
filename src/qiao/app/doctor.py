"""`qiao doctor`: what is wrong with this installation, in words, with the mend."""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec

from qiao.app.doctor_findings import Finding
from qiao.app.doctor_words import SUMS, said, title
from qiao.kit.errors import QiaoError
from qiao.kit.ids import new_secret
from qiao.platform.settings import Settings
from qiao.platform.version import APP_VERSION

WELL, MEND, BLIND = 0, 1, 2
SIGNS = {"mend": "✗", "unknown": "?", "note": "·"}
CHECK_SECONDS = 30.0
Result = tuple[str, list[Finding]]


def add_parser(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--language", choices=("zh", "en"), help="else as LANG says")
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.set_defaults(act=doctor)


def doctor(given: argparse.Namespace, settings: Settings) -> int:
    """Run the command. 0: all is well; 1: something is to be mended; 2: something could not be looked at."""
    results = asyncio.run(examine(settings))
    language = given.language or ("zh" if os.environ.get("LC_ALL", os.environ.get("LANG", "")).startswith("zh") else "en")
    lines = [as_json(results, language)] if given.json else in_words(results, language)
    print("\n".join(lines), file=sys.stdout)  # noqa: T201 - the terminal is where this is read
    return status_of(results)


async def examine(settings: Settings) -> list[Result]:
    """Every check with what it found, those of the machine first."""
    from qiao.app import doctor_machine as machine  # noqa: PLC0415 - only this command needs them

    near = (
        machine.folder,
        machine.space,
        machine.port,
        machine.limits,
        machine.certificate,
        machine.bus,
        machine.files,
        machine.backup,
    )
    results: list[Result] = [(look.__name__, await _looked(look, settings)) for look in near]
    return results + await _in_the_database(settings)


async def _in_the_database(settings: Settings) -> list[Result]:
    from qiao.app.backup import database_address  # noqa: PLC0415
    from qiao.app.doctor_database import LOOKS  # noqa: PLC0415
    from qiao.platform.backup.source import connect  # noqa: PLC0415

    try:
        async with database_address(settings) as dsn:
            connection = await connect(dsn)
            try:
                found = [(look.__name__, await _looked(look, connection)) for look in LOOKS]
            finally:
                await connection.close()
            return [("database", []), *found, ("seals", await _looked(lambda one: _seals(one, dsn), settings))]
    except QiaoError as error:
        return [("database", [Finding("database.away", {"reason": error.message}, "unknown")])]


async def _seals(settings: Settings, dsn: str) -> list[Finding]:
    from qiao.app.coming_back import count_sealed  # noqa: PLC0415
    from qiao.app.house import House  # noqa: PLC0415
    from qiao.app.secret import has_secret_key  # noqa: PLC0415
    from qiao.platform.db.database import Database  # noqa: PLC0415

    if not has_secret_key(settings):
        # Looking makes no key in the place of one that is missing.
        settings = msgspec.structs.replace(settings, secret_key=new_secret())
    database = await Database.connect(dsn, size=2)
    try:
        house = House(settings, database, dsn)
        broken = await count_sealed(house)
        house.bot.close()
    finally:
        await database.close()
    return [Finding("seals.closed", {"count": broken})] if broken else []


async def _looked(look: Callable[[Any], Awaitable[list[Finding]]], subject: Any) -> list[Finding]:
    """A check that cannot look is a finding of its own, and stops no other."""
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await look(subject)
    except Exception as error:  # noqa: BLE001 - whatever it is, the others look on
        return [Finding("looking.failed", {"reason": type(error).__name__}, "unknown")]


def status_of(results: Sequence[Result]) -> int:
    """The exit status."""
    states = {one.state for _, found in results for one in found}
    if "mend" in states:
        return MEND
    return BLIND if "unknown" in states else WELL


def in_words(results: Sequence[Result], language: str) -> list[str]:
    """A line a check, with the mend under what is wrong, and the sum."""
    lines = [f"Qiao {APP_VERSION}"]
    for name, found in results:
        if not found:
            lines.append(f"  ✓ {title(name, language)}")
        for one in found:
            what, mend = said(one.code, language, one.values)
            lines += [f"  {SIGNS[one.state]} {title(name, language)}: {what}", f"    → {mend}"]
    well, mends, blind = SUMS[language]
    count = {state: sum(one.state == state for _, found in results for one in found) for state in ("mend", "unknown")}
    sums = [text.format(count=number) for text, number in ((mends, count["mend"]), (blind, count["unknown"])) if number]
    return [*lines, " ".join(sums) or well]


def as_json(results: Sequence[Result], language: str) -> str:
    """The same for programs."""
    checks = [
        {
            "check": name,
            "state": next((state for state in SIGNS if any(one.state == state for one in found)), "well"),
            "findings": [
                {"code": one.code, "values": one.values, "what": what, "mend": mend}
                for one in found
                for what, mend in [said(one.code, language, one.values)]
            ],
        }
        for name, found in results
    ]
    return json.dumps({"version": APP_VERSION, "status": status_of(results), "checks": checks}, ensure_ascii=False, indent=2)
