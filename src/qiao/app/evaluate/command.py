"""`qiao evaluate faq` and `qiao evaluate intents`: figures from files, without a server or a database."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import msgspec

from qiao.kit.errors import QiaoError
from qiao.platform.settings import Settings


def add_parser(parser: argparse.ArgumentParser) -> None:
    """The arguments of `qiao evaluate`."""
    kinds = parser.add_subparsers(required=True, metavar="WHAT")
    faq = kinds.add_parser("faq", help="how well questions find their FAQ entry")
    faq.add_argument("--entries", type=Path, required=True, nargs="+", help="CSV, JSONL, TOML: id, question, variants, language")
    faq.add_argument("--queries", type=Path, required=True, help="CSV or JSONL: question, expected (an id; empty: out of scope)")
    faq.add_argument("--target-wrong", type=float, default=0.1, help="share of wrong answers the zones are fitted for (0.1)")
    faq.add_argument("--features", action="store_true", help="a row more for each feature of the re-ranker")
    faq.set_defaults(measure=_faq)
    intents = kinds.add_parser("intents", help="how well messages are told apart by intent")
    intents.add_argument("--train", type=Path, required=True, help="CSV or JSONL: label, text")
    intents.add_argument("--test", type=Path, required=True, help="CSV or JSONL: label, text; label oos or empty: out of scope")
    intents.add_argument("--validation", type=Path, help="CSV or JSONL: fits the sense of scope and its threshold")
    intents.add_argument("--per-intent", type=int, help="use only so many first examples of each label")
    intents.add_argument(
        "--oos-share", type=float, default=0.25, help="assumed share out of scope when a threshold is chosen (0.25)"
    )
    intents.add_argument("--vectors", type=Path, help="keep computed vectors in this file (.npz) between runs")
    intents.add_argument("--no-model", action="store_true", help="without the model of meaning: words alone")
    intents.set_defaults(measure=_intents)
    for one in (faq, intents):
        one.add_argument("--json", type=Path, help="write the figures to this file too")


def evaluate(given: argparse.Namespace, settings: Settings) -> int:
    """Measure, print, and write what was asked for; the exit status."""
    try:
        report = given.measure(given, settings)
        sys.stdout.write(f"{report}\n")
        if given.json is not None:
            given.json.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    except QiaoError as error:
        sys.stderr.write(f"qiao: {error.message}  [{error.code}]\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"qiao: {error}\n")
        return 2
    return 0


def _faq(given: argparse.Namespace, _settings: Settings) -> object:
    from qiao.app.evaluate.faq import evaluate_faq  # noqa: PLC0415 - each measurement loads what it needs

    return evaluate_faq(given.entries, given.queries, target_wrong=given.target_wrong, features=given.features)


def _intents(given: argparse.Namespace, settings: Settings) -> object:
    from qiao.app.evaluate.faq import EvaluationTable  # noqa: PLC0415
    from qiao.app.evaluate.intents import Files, evaluate_intents  # noqa: PLC0415
    from qiao.app.evaluate.labelled import Vectors  # noqa: PLC0415
    from qiao.app.model import model_loader  # noqa: PLC0415
    from qiao.kit.errors import Unavailable  # noqa: PLC0415

    if not 0 < given.oos_share < 1:
        raise EvaluationTable("--oos-share lies between 0 and 1")
    vectors = None
    if not given.no_model:
        try:
            vectors = Vectors(model_loader(settings.bot_model)(), given.vectors)
        except Unavailable as error:
            sys.stderr.write(f"qiao: {error.message}; words alone are measured\n")
    files = Files(
        train=given.train, test=given.test, validation=given.validation, per_intent=given.per_intent, oos_share=given.oos_share
    )
    return evaluate_intents(files, vectors)
