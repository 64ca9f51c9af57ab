"""The program `qiao`."""

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from qiao.app.backup import add_parser as add_backup
from qiao.app.doctor import add_parser as add_doctor
from qiao.app.evaluate.command import add_parser as add_evaluations
from qiao.app.evaluate.command import evaluate
from qiao.app.restore import add_parser as add_restore
from qiao.kit.errors import QiaoError
from qiao.platform.settings import Settings, read_settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit status."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        settings = read_settings(
            data_dir=given.data_dir,
            host=getattr(given, "host", None),
            port=getattr(given, "port", None),
            role=getattr(given, "role", None),
        )
    except QiaoError as error:
        print(f"qiao: {error.message}  [{error.code}]", file=sys.stderr)
        return 2
    if arguments is None:
        # The program, and not a test of it, which looks at its own lines.
        from qiao.platform.observe.logs import set_up_logs  # noqa: PLC0415 - each command loads what it needs

        set_up_logs(settings.log_level, settings.log_format)
    return given.act(given, settings)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="qiao", description="Qiao 桥: an open customer-service platform.")
    parser.add_argument("--data-dir", help="folder of the embedded database and files (QIAO_DATA_DIR)")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    serve = commands.add_parser("serve", help="run a whole desk")
    serve.add_argument("--host", help="address to listen on (QIAO_HOST)")
    serve.add_argument("--port", type=int, help="port to listen on (QIAO_PORT)")
    serve.add_argument("--role", choices=["all", "web", "live", "worker"], help="what this node does of it (QIAO_ROLE)")
    serve.add_argument("--demo", action="store_true", help="with the demo company Lanting Teaware 兰亭茶器")
    serve.add_argument("--simulators", action="store_true", help="with --demo: every channel simulated here, played at /phones/")
    serve.set_defaults(act=_serve)

    worker = commands.add_parser(
        "worker", help="serve --role worker without a door: the work behind servers that use the same QIAO_DATABASE_URL"
    )
    worker.add_argument("--beside", action="store_true", help=argparse.SUPPRESS)
    worker.set_defaults(act=_worker)

    migrate = commands.add_parser("migrate", help="bring the database to this program's schema, beside the former version")
    migrate.add_argument("--contract", action="store_true", help="finish now: take away what only the former version used")
    migrate.set_defaults(act=_migrate)

    audit = commands.add_parser("audit", help="the audit log").add_subparsers(required=True, metavar="ACT")
    verify = audit.add_parser("verify", help="find entries that were changed, deleted, moved or cut off")
    verify.add_argument("--from", dest="file", type=Path, help="heads kept elsewhere, in place of those in the data folder")
    verify.set_defaults(act=_verify_audit)

    setup = commands.add_parser("setup", help="make a workspace and its owner")
    setup.add_argument("--slug", required=True, help="address of the workspace: small letters, digits, hyphens")
    setup.add_argument("--name", required=True, help="name of the company")
    setup.add_argument("--email", required=True, help="e-mail of the owner")
    setup.add_argument("--owner", required=True, help="name of the owner")
    setup.set_defaults(act=_setup)

    _add_keys(commands.add_parser("keys", help="the keys that secrets are sealed with, changed while the desk runs"))

    people = commands.add_parser("people", help="accounts of who works here").add_subparsers(required=True, metavar="ACT")
    reset = people.add_parser("reset-password", help="make a link with which somebody sets a new password, once")
    reset.add_argument("email", help="the address they sign in with")
    reset.add_argument("--workspace", help="slug, when the address is in several")
    reset.set_defaults(act=_reset_password)

    _add_parked(commands.add_parser("parked", help="facts and jobs that were put aside because they could not be handled"))

    replay = commands.add_parser("replay", help="ask a table of questions as customers would and compare the answers")
    replay.add_argument("file", type=Path, help="CSV or JSONL: question, expected entry (slug, id or question; '-' for none)")
    replay.add_argument("--url", default="http://127.0.0.1:8717", help="address of the running desk")
    replay.add_argument("--inbox", required=True, help="public key of the inbox")
    replay.add_argument("--concurrency", type=int, default=4)
    replay.add_argument("--report", type=Path, help="write every question with what was said to this file (CSV or JSONL)")
    replay.set_defaults(act=_replay)

    backing = commands.add_parser(
        "backup", help="copy database and files to a folder or a bucket, encrypted, while the desk runs"
    )
    add_backup(backing)
    add_doctor(commands.add_parser("doctor", help="say what is wrong with this installation, with the mend"))
    add_restore(commands.add_parser("restore", help="bring an installation back from its backups, onto a bare machine"))

    measuring = commands.add_parser("evaluate", help="measure answers and intents on files of your own")
    add_evaluations(measuring)
    measuring.set_defaults(act=evaluate)
    return parser


def _add_keys(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(required=True, metavar="ACT")
    acts.add_parser("list", help="each key and how many secrets it has sealed").set_defaults(act=_keys, then="list_keys")
    acts.add_parser("add", help="a new key, not yet used").set_defaults(act=_keys, then="add_key")
    acts.add_parser("rotate", help="seal everything with the newest key").set_defaults(act=_keys, then="rotate_keys")
    remove = acts.add_parser("remove", help="away with a key that nothing is sealed with")
    remove.add_argument("number", type=int)
    remove.set_defaults(act=_keys, then="remove_key")


def _add_parked(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(act=_parked)
    replay = parser.add_subparsers(metavar="ACT").add_parser("replay", help="once the cause is mended: have them handled again")
    replay.add_argument("name", nargs="?", help="of this subscriber or kind of job alone, as `qiao parked` names it")
    replay.set_defaults(act=_replay_parked)


def _keys(given: argparse.Namespace, settings: Settings) -> int:
    from qiao.app import keys_command  # noqa: PLC0415
    from qiao.app.server import run  # noqa: PLC0415

    more = [given.number] if given.then == "remove_key" else []
    return run(lambda: getattr(keys_command, given.then)(settings, *more))


def _parked(_given: argparse.Namespace, settings: Settings) -> int:
    from qiao.app.parked_command import list_parked  # noqa: PLC0415
    from qiao.app.server import run  # noqa: PLC0415

    return run(lambda: list_parked(settings))


def _replay_parked(given: argparse.Namespace, settings: Settings) -> int:
    from qiao.app.parked_command import replay  # noqa: PLC0415
    from qiao.app.server import run  # noqa: PLC0415

    return run(lambda: replay(settings, given.name))


def _serve(given: argparse.Namespace, settings: Settings) -> int:
    # Before numpy loads: many small products are faster on one core, and the other core serves.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # A start leaves a megabyte of garbage, and looking for it takes a tenth of its time. The server switches it on again.
    gc.disable()
    try:
        return _run_server(given, settings)
    finally:
        gc.enable()


def _run_server(given: argparse.Namespace, settings: Settings) -> int:
    from qiao.app.server import run, serve  # noqa: PLC0415 - each command loads what it needs

    if given.simulators:
        return _run_simulated(settings)
    prepare = None
    if given.demo:
        from qiao.app.demo import prepare_demo  # noqa: PLC0415

        prepare = prepare_demo
    return run(lambda: serve(settings, prepare))


def _run_simulated(settings: Settings) -> int:
    from qiao.app.server import run, serve  # noqa: PLC0415
    from qiao.app.simulators import Simulators, simulated  # noqa: PLC0415

    async def act() -> None:
        there = simulated(settings)
        simulators = Simulators(there)
        await serve(there, simulators.prepare, simulators.around)

    return run(act)


def _worker(given: argparse.Namespace, settings: Settings) -> int:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from qiao.app.background import work  # noqa: PLC0415
    from qiao.app.server import run  # noqa: PLC0415

    return run(lambda: work(settings, beside=given.beside))


def _verify_audit(given: argparse.Namespace, settings: Settings) -> int:
    from qiao.app.audit_command import verify_audit  # noqa: PLC0415
    from qiao.app.server import run  # noqa: PLC0415

    return run(lambda: verify_audit(settings, given.file))


def _migrate(given: argparse.Namespace, settings: Settings) -> int:
    from qiao.app.migrate_command import migrate_now  # noqa: PLC0415
    from qiao.app.server import run  # noqa: PLC0415

    return run(lambda: migrate_now(settings, contract=given.contract))


def _setup(given: argparse.Namespace, settings: Settings) -> int:
    from qiao.app.server import run  # noqa: PLC0415
    from qiao.app.setup import set_up  # noqa: PLC0415

    return run(lambda: set_up(settings, given.slug, given.name, (given.email, given.owner)))


def _reset_password(given: argparse.Namespace, settings: Settings) -> int:
    from qiao.app.people_command import make_reset_link  # noqa: PLC0415
    from qiao.app.server import run  # noqa: PLC0415

    return run(lambda: make_reset_link(settings, given.email, given.workspace))


def _replay(given: argparse.Namespace, _settings: Settings) -> int:
    from qiao.app.replay import replay  # noqa: PLC0415
    from qiao.app.server import run  # noqa: PLC0415

    async def act() -> None:
        await replay(given.url, given.inbox, given.file, concurrency=given.concurrency, report=given.report)

    return run(act)
