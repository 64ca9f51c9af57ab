"""What the product is made of (dist/sbom.cdx.json), and whether something of it that ships has a known hole.

Where advisories cannot be asked for, that is said and nothing fails: a machine without the Internet still checks everything else.
"""

import json
import subprocess
import tempfile
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from dev import stamps
from dev.machine import ROOT, VENV, WEB, StepFailed, program, quietly, say
from dev.node import Node

SBOM = ROOT / "dist" / "sbom.cdx.json"
ACCEPTED = ROOT / "security" / "accepted.toml"
_STAMP = SBOM.with_name(".sbom-stamp")
_LOCKS = [ROOT / "uv.lock", WEB / "package-lock.json", Path(__file__)]
LONGEST = timedelta(days=90)
"""How long a finding may be accepted; then it is judged again."""
_SECONDS = 240
_EXPORT = ("export", "--frozen", "--no-dev", "--no-emit-project", "--no-annotate", "--no-header", "--quiet")


class NotAsked(Exception):
    """Advisories could not be asked for; says why."""


@dataclass(frozen=True)
class Finding:
    """One advisory about one package that ships."""

    package: str
    version: str
    id: str
    other_ids: tuple[str, ...]
    mended_by: str


@dataclass(frozen=True)
class Accepted:
    """A finding that somebody judged harmless, for a time."""

    id: str
    package: str
    reason: str
    until: date


def audit(uv: str, node: Node | None, env: dict[str, str]) -> int:
    """Make the list of parts, ask for known holes, judge. 0 when nothing that ships has one that is not accepted."""
    make_sbom(uv, env)
    accepted = read_accepted(ACCEPTED.read_text(encoding="utf-8"))
    found = _asked("Python packages", lambda: ask_pypi(uv, env))
    if node:
        found += _asked("web packages", lambda: ask_npm(node))
    failing, fine, unused = judge(found, accepted, datetime.now(UTC).date())
    for finding, entry in fine:
        say(f"  accepted until {entry.until}: {finding.package} {finding.version}, {finding.id}: {entry.reason}")
    for entry in unused:
        say(f"  security/accepted.toml: {entry.id} of {entry.package} was not found any more, or its time is over")
    for finding in failing:
        say(f"  ✗ {finding.package} {finding.version}: {finding.id}; mended by {finding.mended_by}")
    return 1 if failing else 0


def _asked(what: str, ask: Callable[[], tuple[int, list[Finding]]]) -> list[Finding]:
    try:
        count, found = ask()
    except NotAsked as problem:
        say(f"  ! {what}: advisories could not be asked for, so nothing is known about them today ({problem})")
        return []
    say(f"  {what}: {count} looked at, {len(found)} advisories")
    return found


def judge(
    found: Iterable[Finding], accepted: Sequence[Accepted], today: date
) -> tuple[list[Finding], list[tuple[Finding, Accepted]], list[Accepted]]:
    """What fails, what is accepted and why, and the entries that accept nothing."""
    failing, fine = [], []
    for finding in found:
        names = {finding.id, *finding.other_ids}
        entry = next((one for one in accepted if one.package == finding.package and one.id in names and _holds(one, today)), None)
        if entry is None:
            failing.append(finding)
        else:
            fine.append((finding, entry))
    used = {entry for _, entry in fine}
    return failing, fine, [one for one in accepted if one not in used]


def _holds(entry: Accepted, today: date) -> bool:
    return today <= entry.until <= today + LONGEST


def read_accepted(text: str) -> list[Accepted]:
    """The entries of accepted.toml. Raises StepFailed when one has no reason, or no day on which it ends."""
    entries = []
    for given in tomllib.loads(text).get("accepted", []):
        entry = Accepted(given.get("id", ""), given.get("package", ""), given.get("reason", "").strip(), given.get("until"))
        if not (entry.id and entry.package and entry.reason and type(entry.until) is date):
            raise StepFailed(
                f"security/accepted.toml: {given}", "Each entry has an id, a package, a reason and a day: until = 2027-01-31."
            )
        entries.append(entry)
    return entries


def ask_pypi(uv: str, env: dict[str, str]) -> tuple[int, list[Finding]]:
    """How many of the locked packages that ship were looked at, and what is known of them. Raises NotAsked."""
    with tempfile.TemporaryDirectory() as folder:
        locked, report = Path(folder) / "locked.txt", Path(folder) / "report.json"
        quietly("locked packages that ship", [uv, *_EXPORT, "-o", str(locked)], fix="Is uv.lock whole? Run uv lock.", env=env)
        command = [program(VENV, "pip-audit"), "-r", str(locked), "--disable-pip", "-s", "pypi", "-f", "json", "-o", str(report)]
        said = _told([*command, "--progress-spinner", "off"], ROOT, env)
        if not report.exists():
            raise NotAsked(_last_line(said.stderr))
        return read_pip_audit(json.loads(report.read_text(encoding="utf-8")))


def read_pip_audit(report: Mapping[str, Any]) -> tuple[int, list[Finding]]:
    """pip-audit's JSON. A package that the service does not know was not looked at; when it knows none, it was not the service."""
    looked_at = [one for one in report["dependencies"] if "vulns" in one]
    skipped = [one for one in report["dependencies"] if "vulns" not in one]
    if not looked_at:
        raise NotAsked(f"the index knows none of {len(skipped)} packages; it may be a mirror without advisories")
    for one in skipped:
        say(f"  ! not looked at: {one['name']} ({one.get('skip_reason', 'no reason given')})")
    return len(looked_at), [
        Finding(one["name"], one["version"], hole["id"], tuple(hole.get("aliases", ())), _versions(hole.get("fix_versions", ())))
        for one in looked_at
        for hole in one["vulns"]
    ]


def _versions(versions: Iterable[str]) -> str:
    return " or ".join(versions) or "no version yet"


def ask_npm(node: Node) -> tuple[int, list[Finding]]:
    """How many of the locked packages that ship were looked at, and what is known of them. Raises NotAsked."""
    said = _told([*node.npm, "audit", "--omit=dev", "--json"], WEB, node.env)
    try:
        report = json.loads(said.stdout)
    except ValueError as problem:
        raise NotAsked(_last_line(said.stderr)) from problem
    locked = json.loads((WEB / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    return read_npm_audit(report, locked)


def read_npm_audit(report: Mapping[str, Any], locked: Mapping[str, Any]) -> tuple[int, list[Finding]]:
    """Npm's JSON; versions come from the lock file. Raises NotAsked when it tells of an error."""
    if "vulnerabilities" not in report:
        raise NotAsked(str(report.get("message") or report.get("error") or "npm audit told nothing"))
    found = [
        Finding(name, locked.get(place, {}).get("version", "?"), _advisory(hole), (), _npm_mend(one, hole))
        for name, one in report["vulnerabilities"].items()
        for hole in one["via"]
        if isinstance(hole, dict)
        for place in one["nodes"]
    ]
    return sum(1 for one in web_components(locked) if one["scope"] == "required"), found


def _advisory(hole: Mapping[str, Any]) -> str:
    return str(hole.get("url", "")).rpartition("/")[2] or str(hole.get("source", "?"))


def _npm_mend(one: Mapping[str, Any], hole: Mapping[str, Any]) -> str:
    mend = one.get("fixAvailable")
    if isinstance(mend, dict):
        return f"{mend['name']} {mend['version']}"
    return f"anything outside of {hole.get('range', '?')}" if mend else "no version yet"


def make_sbom(uv: str, env: dict[str, str]) -> None:
    """Write dist/sbom.cdx.json (CycloneDX 1.6) unless it is of these lock files. What only builds or tests has the scope `excluded`."""
    expected = stamps.hash_files(ROOT, _LOCKS)
    if SBOM.exists() and stamps.is_fresh(_STAMP, expected):
        return
    SBOM.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        python, locked = Path(folder) / "python.json", Path(folder) / "locked.txt"
        fix = "Run ./dev check again; when it stays, remove .venv."
        quietly("locked packages that ship", [uv, *_EXPORT, "--no-hashes", "-o", str(locked)], fix=fix, env=env)
        command = [
            program(VENV, "cyclonedx-py"),
            "environment",
            "--pyproject",
            str(ROOT / "pyproject.toml"),
            "--output-reproducible",
        ]
        quietly("list of parts", [*command, "-o", str(python), program(VENV, "python")], fix=fix, env=env)
        ships = {line.partition("==")[0].strip().lower() for line in locked.read_text(encoding="utf-8").splitlines()}
        web = json.loads((WEB / "package-lock.json").read_text(encoding="utf-8"))["packages"]
        whole = one_list(json.loads(python.read_text(encoding="utf-8")), ships, web_components(web))
    SBOM.write_text(json.dumps(whole, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    stamps.write(_STAMP, expected)


def one_list(python: dict[str, Any], ships: set[str], web: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Both halves in one document; Python packages that are not in `ships` are marked as excluded."""
    marked = [
        {**one, "scope": "required" if one["name"].lower().replace("_", "-").replace(".", "-") in ships else "excluded"}
        for one in python["components"]
    ]
    return {**python, "components": [*marked, *web]}


def web_components(locked: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The packages of package-lock.json as components, each version once; our own workspaces are no parts of others.

    Written here because `npm sbom` refuses a project without a version of its own.
    """
    found: dict[str, dict[str, Any]] = {}
    for place, one in locked.items():
        name = one.get("name") or place.rpartition("node_modules/")[2]
        if "node_modules/" not in place or one.get("link") or "version" not in one:
            continue
        purl = f"pkg:npm/{quote(name, safe='/')}@{one['version']}"
        scope = "excluded" if one.get("dev") and found.get(purl, {}).get("scope") != "required" else "required"
        component = {"type": "library", "bom-ref": purl, "name": name, "version": one["version"], "purl": purl, "scope": scope}
        licence = [{"license": {"name": one["license"]}}] if isinstance(one.get("license"), str) else []
        found[purl] = {**component, "licenses": licence}
    return list(found.values())


def _told(command: Sequence[str], cwd: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=_SECONDS)  # noqa: S603 - our own commands
    except subprocess.TimeoutExpired as problem:
        raise NotAsked(f"no answer within {_SECONDS} seconds") from problem


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "no word of why")[:300]
