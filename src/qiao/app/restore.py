"""`qiao restore`: an installation from its backups onto a bare machine, and what came back in words."""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from qiao.app.backup import open_archive, say
from qiao.kit.errors import QiaoError
from qiao.platform.settings import Settings

if TYPE_CHECKING:
    from qiao.app.bringing_back import Report


class MomentUnclear(QiaoError):
    """That is no moment."""

    code = "backup.moment_unclear"


def add_parser(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("source", metavar="FROM", help="the folder or s3://bucket/prefix with the backups")
    parser.add_argument("--to", required=True, metavar="DATADIR", help="data folder to make: new, or empty")
    point = parser.add_mutually_exclusive_group()
    point.add_argument("--at", metavar="TIME", help="as it was then: 2026-11-22T14:30:00 (UTC) or with a zone, +08:00")
    point.add_argument("--position", metavar="N", help="up to this position of the log; WORKSPACE=N where there are several")
    parser.add_argument("--key-file", type=Path, help="file with the key of the backups (else QIAO_BACKUP_KEY)")
    parser.add_argument("--plain", action="store_true", help="the backups are not encrypted")
    parser.set_defaults(act=restore)


def restore(given: argparse.Namespace, settings: Settings) -> int:
    """Run the command."""
    from qiao.app.server import run  # noqa: PLC0415 - each command loads what it needs

    async def act() -> None:
        from qiao.app.bringing_back import bring_back  # noqa: PLC0415

        there = msgspec.structs.replace(settings, data_dir=given.to, database_url="", bot_model="off")
        archive = open_archive(given.source, there, given.key_file, plain=given.plain)
        for line in told(await bring_back(archive, there, at=_moment(given.at), position=given.position)):
            say(line)

    return run(act)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise MomentUnclear(f"{text} is no moment like 2026-11-22T14:30:00 or 2026-11-22T22:30:00+08:00") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def told(report: "Report") -> list[str]:
    """The report in words: what came back, how long it took, what is lost, what is to be done."""
    came, manifest = report.came, report.manifest
    counted = f"{came.workspaces} workspaces, {came.messages} messages, {report.rows} rows, {report.files} files"
    lines = [
        f"Restored from {manifest.id} in {report.seconds:.1f} s (RTO): {counted}.",
        "Every page of the database, every table with its key and every log was compared.",
    ]
    for workspace, position in sorted(came.positions.items()):
        lines.append(f"Workspace {workspace}: everything up to position {position} of its log, and nothing after it.")
    if report.last is not None:
        lines.append(f"The newest fact is of {report.last.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC.")
    if report.reached is not None:
        lines.append(
            f"Nothing is lost that was committed before {report.reached.at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC (RPO)."
        )
    else:
        lines.append("What was committed after that is not in this database.")
    for applies, words in (
        (report.short, "The log that was kept ends before the time that was asked for: this is all there is."),
        (report.gap, "The log that was kept has a gap: what came after it could not be restored. Make a base backup."),
        (report.missing, f"{report.missing} files are not in the archive; their messages are there."),
        (not report.secret, "The secret key is not in a plain backup: put the former secret.key into the data folder."),
        (came.sealed, f"{came.sealed} secrets of channels do not open with the secret key: enter them again."),
        (came.set_aside, f"{came.set_aside} replies were on their way and may have been sent since: they wait for a person."),
        (came.handed_over, f"{came.handed_over} conversations in which the bot was about to answer wait for a person."),
    ):
        if applies:
            lines.append(words)
    lines.append("Consoles and visitors reload. Start the desk with: qiao --data-dir DATADIR serve")
    return lines
