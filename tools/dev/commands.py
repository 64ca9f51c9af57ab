"""The commands of `./dev`, and what each does in which order."""

import io
import os
import sys
import time
from collections.abc import Callable, Sequence

from dev import asvs, audit, new, python_env
from dev import node as node_side
from dev.browser import ensure_browser
from dev.machine import PRIVATE, ROOT, VENV, WEB, StepFailed, clean_environment, one_at_a_time, openly, program, say
from dev.mail_servers import ensure_mail_servers
from dev.nginx import ensure_nginx
from dev.node import Node
from dev.second_try import try_twice
from dev.throwaway import throwaway

HELP = """Qiao 桥

  ./dev run [options]     set up, then serve the demo workspace; options go to `qiao serve`
  ./dev run --channels    the same with every channel simulated: play the customer's phone at /phones/
  ./dev test [options]    set up, then every test, the stories in Chromium last; with options only pytest, which gets them
  ./dev check             lint, types, architecture, size budgets, known holes in what ships; writes dist/sbom.cdx.json
  ./dev gen               write the API description, the typed web client and the page of ASVS again
  ./dev bench [options]   benchmarks
  ./dev faults            every fault of the catalogue; --minutes N, --seed S, --only F-S1,F-S2; writes docs/trust/faults.md
  ./dev attacks           the tests of the 95 attacks; --minutes N, --only 51,52; writes docs/trust/attacks.md
  ./dev fuzz              atheris at every parser of bytes from outside; --minutes M, --only NAME,NAME, --seed S; writes docs/trust/fuzz.md
  ./dev soak              steady load for --hours N; writes docs/trust/soak.md
  ./dev asvs              names the tests behind security/asvs.csv, for ./dev test $(./dev asvs)
  ./dev new channel NAME  a new channel; ./dev new domain NAME --above DOMAIN: a new domain
  ./dev help              this page

QIAO_SKIP_WEB=1 leaves the web faces alone: no Node, no build."""

_NO_TESTS = 5
_TWO_AT_ONCE = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")
_FAST = "not database and not browser and not slow and not property and not faults_long"
_THOROUGH = "(database or slow or property) and not browser and not faults_long"


def _skip_web() -> bool:
    return os.environ.get("QIAO_SKIP_WEB", "") not in {"", "0"}


def _set_up(env: dict[str, str], *, need_node: bool) -> Node | None:
    """Environments and faces, one set-up at a time. Gives Node back when the command needs it and the web is not skipped."""
    started = time.monotonic()
    with one_at_a_time():
        uv = python_env.ensure_uv(env)
        python_env.sync(uv, env)
        node = None if _skip_web() else _set_up_web(uv, env, need_node=need_node)
    if time.monotonic() - started > 2:
        say(f"  ✓ ready ({time.monotonic() - started:.0f} s)")
    return node


def _set_up_web(uv: str, env: dict[str, str], *, need_node: bool) -> Node | None:
    if not need_node and node_side.faces_are_fresh():
        return None
    node = node_side.find_node(uv, env)
    node_side.install_packages(node)
    node_side.build_faces(node)
    return node


def _run(rest: Sequence[str], env: dict[str, str]) -> int:
    _set_up(env, need_node=False)
    qiao = program(VENV, "qiao")
    arguments = [qiao, "serve", "--demo", *("--simulators" if one == "--channels" else one for one in rest)]
    if os.name != "nt":
        sys.stdout.flush()
        os.execve(qiao, arguments, env)  # noqa: S606 - our own program; Ctrl-C then reaches it alone
    return openly(arguments, env=env)


def _test(rest: Sequence[str], env: dict[str, str]) -> int:
    node = _set_up(env, need_node=not rest)
    chromium = ensure_browser(env)
    env = {**env, **({"CHROMIUM": chromium} if chromium else {})}
    if not rest:
        ensure_mail_servers(env)
        ensure_nginx(env)
    pytest = [program(VENV, "python"), "-m", "pytest", "-q"]
    with throwaway(env) as inside:
        return openly([*pytest, *rest], env=inside) if rest else _everything(pytest, node, inside)


def _everything(pytest: list[str], node: Node | None, env: dict[str, str]) -> int:
    # What `./dev check` has looked at is not looked at again here.
    inside = [*pytest, "--ignore=tests/architecture"]

    def twice(command: list[str], marks: str, memory: str) -> int:
        return try_twice(lambda one: openly(one, env=env), command, marks, beside=_TWO_AT_ONCE, memory=PRIVATE / "tried" / memory)

    steps: list[tuple[str, Callable[[], int]]] = [
        ("fast tests", lambda: openly([*inside, "-m", _FAST], env=env)),
        ("database and slow tests", lambda: twice(inside, _THOROUGH, "thorough")),
    ]
    if node:
        steps.append(("web tests", lambda: openly([*node.npm, "test"], cwd=WEB, env=node.env)))
    # Without Chromium, or without built faces, they are skipped and say why.
    steps.append(("browser stories", lambda: twice(pytest, "browser", "stories")))
    return _all_of(steps, fine=(0, _NO_TESTS))


def _check(rest: Sequence[str], env: dict[str, str]) -> int:
    del rest
    node = _set_up(env, need_node=True)

    def python(*command: str) -> Callable[[], int]:
        return lambda: openly([program(VENV, command[0]), *command[1:]], env=env)

    steps = [
        ("lint", python("ruff", "check")),
        ("format (mend with .venv/bin/ruff format)", python("ruff", "format", "--check")),
        ("types", python("basedpyright")),
        ("import rules", python("lint-imports")),
        ("architecture", python("pytest", "-q", "tests/architecture")),
        ("dependencies", lambda: audit.audit(python_env.ensure_uv(env), node, env)),
    ]
    if node:
        npm, web_env = node.npm, node.env
        steps.append(("web types and catalogues", lambda: openly([*npm, "run", "--silent", "check"], cwd=WEB, env=web_env)))
        steps.append(("web size budgets", lambda: openly([*npm, "run", "--silent", "budgets"], cwd=WEB, env=web_env)))
    return _all_of(steps)


def _all_of(steps: Sequence[tuple[str, Callable[[], int]]], fine: tuple[int, ...] = (0,)) -> int:
    """Run every step, whatever the ones before said, and end with the list of those that failed."""
    failed: list[str] = []
    for title, step in steps:
        say(f"\n── {title}")
        started = time.monotonic()
        good = step() in fine
        say(f"{'✓' if good else '✗'} {title} ({time.monotonic() - started:.1f} s)")
        failed += [] if good else [title]
    say("\n✓ all well" if not failed else f"\n✗ not well: {', '.join(failed)}")
    return 1 if failed else 0


def _gen(rest: Sequence[str], env: dict[str, str]) -> int:
    del rest
    node = _set_up(env, need_node=True)
    asvs.write_page()
    code = openly([program(VENV, "python"), "-m", "qiao.app.generate"], env=env)
    if code or node is None:
        return code
    return openly([*node.npm, "run", "--silent", "gen"], cwd=WEB, env=node.env)


def _bench(rest: Sequence[str], env: dict[str, str]) -> int:
    _set_up(env, need_node=False)
    return openly([program(VENV, "python"), "-m", "bench", *rest], env=env)


def _faults(rest: Sequence[str], env: dict[str, str]) -> int:
    return _with_faults(rest, env, "faults.harness.command")


def _soak(rest: Sequence[str], env: dict[str, str]) -> int:
    return _with_faults(rest, env, "faults.harness.soak")


def _attacks(rest: Sequence[str], env: dict[str, str]) -> int:
    return _with_faults(rest, env, "faults.harness.attacks")


def _fuzz(rest: Sequence[str], env: dict[str, str]) -> int:
    _set_up(env, need_node=False)
    return openly([program(VENV, "python"), "-m", "fuzz.command", *rest], env={**env, "PYTHONPATH": str(ROOT / "tests")})


def _with_faults(rest: Sequence[str], env: dict[str, str], module: str) -> int:
    _set_up(env, need_node=False)
    ensure_mail_servers(env)
    return openly([program(VENV, "python"), "-m", module, *rest], env={**env, "PYTHONPATH": str(ROOT / "tests")})


def _new(rest: Sequence[str], env: dict[str, str]) -> int:
    given = new.read_arguments(rest)
    _set_up(env, need_node=False)
    made = new.make(given)
    say(f"  ✓ {given.kind} {given.name}\n{new.told(made)}")
    python = [str(path) for path in made if path.suffix == ".py"]
    ruff = program(VENV, "ruff")
    code = openly([ruff, "check", "--quiet", "--fix", *python], env=env) or openly([ruff, "format", "--quiet", *python], env=env)
    if code or given.kind == "channel":
        return code
    return _gen([], env)


def _asvs(rest: Sequence[str], env: dict[str, str]) -> int:
    del rest, env
    say(" ".join(asvs.named_tests()))
    return 0


def _help(rest: Sequence[str], env: dict[str, str]) -> int:
    del rest, env
    say(HELP)
    return 0


COMMANDS: dict[str, Callable[[Sequence[str], dict[str, str]], int]] = {
    "run": _run,
    "test": _test,
    "check": _check,
    "gen": _gen,
    "bench": _bench,
    "faults": _faults,
    "soak": _soak,
    "attacks": _attacks,
    "fuzz": _fuzz,
    "new": _new,
    "asvs": _asvs,
    "help": _help,
    "--help": _help,
    "-h": _help,
}


def main(arguments: Sequence[str]) -> int:
    """Run one command; gives back the exit code: 0 well, 1 failed, 2 not understood, 130 stopped with Ctrl-C."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    name, *rest = arguments or ["help"]
    command = COMMANDS.get(name)
    if command is None:
        say(f"There is no command {name!r}.\n\n{HELP}")
        return 2
    try:
        return command(rest, clean_environment(dict(os.environ), PRIVATE))
    except StepFailed as problem:
        say(f"\n✗ {problem}\n  To fix: {problem.fix}")
        return 1
    except KeyboardInterrupt:
        say("\nStopped.")
        return 130
