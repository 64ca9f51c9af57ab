"""When the program cannot start it says why and how to mend it, in one sentence with a code; and it starts in odd places."""

import asyncio
import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.desk import free_port

from qiao.app.cli import main
from qiao.domains.workspaces.api import Workspaces
from qiao.platform.db.database import Database

pytestmark = pytest.mark.database

LONG = "客服 数据 " + "very long folder name with spaces 很长的文件夹名 " * 2
INSIDE = ("Traceback", "  File ", "asyncpg.", "qiao.platform.", "raise ")


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not pytest's own: the database's account must be able to pass through."""
    path = Path(tempfile.mkdtemp(prefix="qiao-start-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path, ignore_errors=True)


def command(folder: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "qiao.app", "--data-dir", str(folder), "serve", *more]


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "QIAO_LOG_LEVEL": "warning", "QIAO_BOT_MODEL": "off", **more}


def failed_start(folder: Path, *more: str, **settings: str) -> tuple[int, str]:
    """(exit status, what it said)."""
    arguments = more or ("--port", str(free_port()))
    done = subprocess.run(
        command(folder, *arguments), env=environment(**settings), capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stdout + done.stderr


def told_well(status: int, said: str) -> str:
    """ "" for a refusal to start that people understand."""
    if status in {0, -signal.SIGKILL, -signal.SIGABRT}:
        return f"exit status {status}: {said[-500:]}"
    shown = [word for word in INSIDE if word in said]
    if shown:
        return f"tells of {shown}: {said[-2000:]}"
    last = [line for line in said.splitlines() if line.strip()][-1:]
    sentence = last and last[0].startswith("qiao: ") and re.search(r"\[[a-z_]+\.[a-z_]+\]$", last[0])
    return "" if sentence else f"no sentence with a code: {said[-1500:]}"


@contextlib.contextmanager
def running(folder: Path, **settings: str) -> Iterator[str]:
    """A program that starts; its address."""
    port = free_port()
    with (folder.parent / f"{folder.name[:20]}.log").open("ab") as log:
        process = subprocess.Popen(command(folder, "--port", str(port)), env=environment(**settings), stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=1).status_code == 200:
                    break
            time.sleep(0.05)
        assert process.poll() is None, Path(log.name).read_text()[-2000:]
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("QIAO_PORT", "http"),
        ("QIAO_PORT", "70000"),
        ("QIAO_PORT", "-1"),
        ("QIAO_DRAIN_SECONDS", "soon"),
        ("QIAO_LOG_LEVEL", "loud"),
        ("QIAO_LOG_FORMAT", "xml"),
        ("QIAO_BOT_MODEL", "gpt"),
        ("QIAO_PROT", "8080"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, value)
    status = main(["serve"])
    said = capsys.readouterr().err
    assert told_well(status, said) == ""
    assert name in said


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("QIAO_PORT", "http"),
        ("QIAO_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none"),
        ("QIAO_DATABASE_URL", "mysql://nobody:pass-canary@127.0.0.1/none"),
        ("QIAO_DATABASE_URL", "not an address"),
        ("QIAO_DATABASE_URL", "postgresql://nobody:pass-canary@127.0.0.1:http/none"),
        ("QIAO_BLOBS_URL", "ftp://nowhere"),
    ],
)
def test_an_address_in_the_settings_that_leads_nowhere_is_told(folder: Path, name: str, value: str) -> None:
    status, said = failed_start(folder, "--host", "127.0.0.1", **{name: value})
    assert told_well(status, said) == ""
    assert name in said or "PostgreSQL" in said
    assert "pass-canary" not in said


@pytest.mark.slow
@pytest.mark.database
async def test_a_second_machine_on_the_desks_database_makes_no_key_of_its_own(folder: Path, postgres_dsn: str) -> None:
    first, second, port = folder / "first", folder / "second", str(free_port())
    desk = subprocess.Popen(command(first, "--port", port), env=environment(QIAO_DATABASE_URL=postgres_dsn))
    try:
        # There is nothing yet that a new key would not open.
        await until_ready(port)
    finally:
        desk.terminate()
        desk.wait(30)
    assert (first / "secret.key").exists()
    database = await Database.connect(postgres_dsn)
    await Workspaces(database).create("first", {"zh": "兰亭", "en": "Lanting"})
    await database.close()
    status, said = failed_start(second, QIAO_DATABASE_URL=postgres_dsn)
    assert told_well(status, said) == ""
    assert [word in said for word in ("QIAO_SECRET_KEY", "secret.key")] == [True, True]
    assert not (second / "secret.key").exists()


async def until_ready(port: str) -> None:
    async with asyncio.timeout(60), httpx.AsyncClient() as client:
        while True:
            with contextlib.suppress(httpx.TransportError):
                if (await client.get(f"http://127.0.0.1:{port}/readyz")).status_code == 200:
                    return
            await asyncio.sleep(0.1)


@pytest.mark.slow
def test_a_taken_port_is_told(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        status, said = failed_start(folder, "--port", port)
    assert told_well(status, said) == ""
    assert port in said


@pytest.mark.slow
@pytest.mark.parametrize("host", ["203.0.113.77", "no.such.host.invalid", "::g"])
def test_an_address_that_is_not_ours_is_told(folder: Path, host: str) -> None:
    status, said = failed_start(folder, "--host", host, "--port", str(free_port()))
    assert told_well(status, said) == ""


def file_in_place(folder: Path) -> Path:
    (folder / "data").write_text("a file")
    return folder / "data"


def file_in_place_of_the_database(folder: Path) -> Path:
    (folder / "postgres").write_text("a file")
    return folder


def other_version(folder: Path) -> Path:
    (folder / "postgres" / "cluster").mkdir(parents=True)
    (folder / "postgres" / "cluster" / "PG_VERSION").write_text("9.6\n")
    return folder


def strangers_files(folder: Path) -> Path:
    (folder / "postgres" / "cluster").mkdir(parents=True)
    (folder / "postgres" / "cluster" / "holiday.txt").write_text("mine")
    return folder


def nowhere(_folder: Path) -> Path:
    return Path("/proc/qiao/data")


def name_too_long(folder: Path) -> Path:
    return folder / ("长" * 300)


PLACES = [file_in_place, file_in_place_of_the_database, other_version, strangers_files, nowhere, name_too_long]


@pytest.mark.fault("F-S10")
@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_a_folder_that_cannot_be_used_is_told(folder: Path, place: object) -> None:
    status, said = failed_start(place(folder))  # type: ignore[operator]
    assert told_well(status, said) == ""


@pytest.mark.fault("F-S11")
@pytest.mark.slow
def test_a_second_server_on_the_same_folder_is_refused_and_the_first_goes_on(folder: Path) -> None:
    data = folder / "data"
    with running(data) as first:
        status, said = failed_start(data)
        assert told_well(status, said) == ""
        assert httpx.get(f"{first}/readyz").status_code == 200


@pytest.mark.slow
def test_it_starts_in_a_long_chinese_path_with_spaces(folder: Path) -> None:
    data = folder / LONG / LONG
    assert len(str(data)) >= 150 and " " in str(data)
    data.parent.mkdir(parents=True)
    with running(data) as address:
        assert httpx.get(f"{address}/readyz").status_code == 200


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root has a home that the database's account cannot enter")
def test_it_starts_as_root_in_a_home_that_others_cannot_enter(folder: Path) -> None:
    home = folder / "home"
    home.mkdir(mode=0o700)
    folder.chmod(0o700)
    with running(home / "data", HOME=str(home)) as address:
        assert httpx.get(f"{address}/readyz").status_code == 200
    assert home.stat().st_mode & 0o777 == 0o700


@pytest.mark.fault("F-S10")
@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only to root")
def test_a_read_only_folder_is_told(folder: Path) -> None:
    (folder / "locked").mkdir(mode=0o500)
    status, said = failed_start(folder / "locked" / "data")
    assert told_well(status, said) == ""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare to take the network away")
def test_it_starts_without_a_network(folder: Path) -> None:
    script = (
        "import subprocess,sys,time,urllib.request\n"
        "subprocess.run(['ip','link','set','lo','up'],check=False)\n"
        "run=subprocess.Popen(sys.argv[1:])\n"
        "end=time.monotonic()+60\n"
        "code=0\n"
        "while time.monotonic()<end and run.poll() is None and code!=200:\n"
        "    time.sleep(0.1)\n"
        "    try: code=urllib.request.urlopen('http://127.0.0.1:8799/readyz',timeout=1).status\n"
        "    except OSError: pass\n"
        "run.terminate(); run.wait(30)\n"
        "sys.exit(0 if code==200 else 1)\n"
    )
    apart = ["unshare", "--net", sys.executable, "-c", script, *command(folder / "data", "--port", "8799")]
    probe = subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False)
    if probe.returncode or shutil.which("ip") is None:
        pytest.skip("the network cannot be taken away here")
    done = subprocess.run(apart, env=environment(), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-1500:]
