"""The doctor breaks nothing and sees what is broken: folders, ports, limits, stores, certificates, backups. Each is really broken."""

import asyncio
import os
import resource
import socket
from datetime import UTC, datetime, timedelta

import pytest

from qiao.app import doctor_machine as machine
from qiao.app.backup import LastBackup, write_note
from qiao.app.doctor import as_json, examine, in_words, status_of
from qiao.app.doctor_findings import Finding
from qiao.app.doctor_words import TITLES, WORDS, said
from qiao.platform.settings import read_settings


def settings_of(tmp_path, **values):
    return read_settings({}, data_dir=str(tmp_path), **values)


def codes(found: list[Finding]) -> list[str]:
    return [one.code for one in found]


async def test_a_good_folder_is_well_and_stays_as_it_was(tmp_path):
    (tmp_path / "secret.key").write_text("x")
    (tmp_path / "secret.key").chmod(0o600)
    assert await machine.folder(settings_of(tmp_path)) == []
    assert [one.name for one in tmp_path.iterdir()] == ["secret.key"]


async def test_a_folder_that_is_not_there_or_is_no_folder(tmp_path):
    assert codes(await machine.folder(settings_of(tmp_path / "no"))) == ["folder.missing"]
    (tmp_path / "file").write_text("")
    assert codes(await machine.folder(settings_of(tmp_path / "file"))) == ["folder.missing"]


async def test_a_secret_key_that_others_may_read(tmp_path):
    (tmp_path / "secret.key").write_text("canary-key")
    (tmp_path / "secret.key").chmod(0o644)
    found = await machine.folder(settings_of(tmp_path))
    assert codes(found) == ["folder.secret_open"]
    assert "canary-key" not in str(found)
    assert "chmod 600" in said(found[0].code, "en", found[0].values)[1]


async def test_a_folder_that_cannot_be_written(tmp_path, monkeypatch):
    def refused(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr("pathlib.Path.touch", refused)
    assert codes(await machine.folder(settings_of(tmp_path))) == ["folder.locked"]


async def test_little_room_on_the_disk(tmp_path, monkeypatch):
    assert await machine.space(settings_of(tmp_path / "not" / "made")) == []
    monkeypatch.setattr(machine, "FREE_MEGABYTES", 10**12)
    assert codes(await machine.space(settings_of(tmp_path))) == ["space.low"]


async def test_a_port_that_another_program_has(tmp_path):
    async def other(_reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nanother program")
        writer.close()

    async with await asyncio.start_server(other, "127.0.0.1", 0) as server:
        taken = settings_of(tmp_path, port=server.sockets[0].getsockname()[1])
        assert codes(await machine.port(taken)) == ["port.taken"]
    assert await machine.port(taken) == []


async def test_a_port_that_this_desk_has_is_well(tmp_path):
    async def answer(_reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\n")
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.write(b'Qiao-Version: 0.1.0\r\n\r\n{"status":"alive"}')
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        assert await machine.port(settings_of(tmp_path, port=server.sockets[0].getsockname()[1])) == []


async def test_an_address_that_this_machine_does_not_have(tmp_path):
    assert codes(await machine.port(settings_of(tmp_path, host="192.0.2.1", port=8717))) == ["port.no_address"]


async def test_few_descriptors(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1_000, hard))
    try:
        found = await machine.limits(settings_of(tmp_path))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert found[0] == Finding("limits.files", {"found": 1_000, "needed": 4_096})


async def test_a_bus_that_is_away_and_one_that_is_there(tmp_path):
    with socket.socket() as there:
        there.bind(("127.0.0.1", 0))
        there.listen()
        url = f"nats://user:canary-secret@127.0.0.1:{there.getsockname()[1]}"
        assert await machine.bus(settings_of(tmp_path, bus_url=url)) == []
    found = await machine.bus(settings_of(tmp_path, bus_url=url))
    assert codes(found) == ["bus.away"]
    assert "canary" not in "\n".join(in_words([("bus", found)], "en"))


async def test_no_bus_and_no_https_are_nothing_to_mend(tmp_path):
    assert await machine.bus(settings_of(tmp_path)) == []
    assert await machine.certificate(settings_of(tmp_path, public_url="http://desk.example")) == []


async def test_a_public_address_that_does_not_answer_or_speaks_no_tls(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
    assert codes(await machine.certificate(settings_of(tmp_path, public_url=f"https://127.0.0.1:{port}"))) == ["certificate.away"]

    async def plain(_reader, writer):
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(plain, "127.0.0.1", 0) as server:
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        assert codes(await machine.certificate(settings_of(tmp_path, public_url=url))) == ["certificate.bad"]


async def test_a_certificate_that_ends_soon(tmp_path, monkeypatch):
    async def soon(host: str, port: int) -> float:
        return (datetime.now(UTC) + timedelta(days=3, hours=1)).timestamp()

    monkeypatch.setattr(machine, "_end_of_certificate", soon)
    found = await machine.certificate(settings_of(tmp_path, public_url="https://desk.example"))
    assert found == [Finding("certificate.ends", {"host": "desk.example", "days": 3})]


async def test_a_store_of_files_that_works_and_one_that_does_not(tmp_path):
    assert await machine.files(settings_of(tmp_path)) == []
    assert list((tmp_path / "files").rglob("*.*")) == []
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "files").write_text("in the way")
    assert codes(await machine.files(settings_of(tmp_path / "other"))) == ["files.away"]


async def test_a_store_with_a_wrong_address_says_no_secret(tmp_path):
    found = await machine.files(settings_of(tmp_path, blobs_url="nonsense://canary-secret@host"))
    assert codes(found) == ["files.away"]
    assert "canary" not in str(found)


@pytest.mark.parametrize(
    ("ago", "followed", "verified", "expected"),
    [
        (0, None, True, []),
        (0, None, False, ["backup.unverified"]),
        (3, None, True, ["backup.old"]),
        (3, 0, True, []),
    ],
)
async def test_the_age_of_the_last_backup(tmp_path, ago, followed, verified, expected):
    settings, now = settings_of(tmp_path), datetime.now(UTC)
    assert codes(await machine.backup(settings)) == ["backup.none"]
    last = LastBackup("id", "base", "/backups", now - timedelta(days=ago), now if verified else None)
    followed_at = None if followed is None else now - timedelta(days=followed)
    write_note(settings, LastBackup(last.id, last.kind, last.to, last.ended_at, last.verified_at, followed_at))
    assert codes(await machine.backup(settings)) == expected


async def test_a_note_that_is_no_note_counts_as_none(tmp_path):
    (tmp_path / "backup.json").write_text("{")
    assert codes(await machine.backup(settings_of(tmp_path))) == ["backup.none"]


def test_every_finding_has_words_and_a_mend_in_both_languages():
    for code, words in WORDS.items():
        assert code.split(".")[0] in {*TITLES, "looking"}
        assert set(words) == {"zh", "en"}
        fields = [{part.split("}")[0] for part in text.split("{")[1:]} for pair in words.values() for text in [pair[0]]]
        assert fields[0] == fields[1], code
        assert all(text.strip() for pair in words.values() for text in pair)


def test_the_status_and_the_sum():
    well, mend, blind = (
        ("space", []),
        ("port", [Finding("backup.none")]),
        ("bus", [Finding("looking.failed", {"reason": "X"}, "unknown")]),
    )
    assert [status_of(one) for one in ([well], [well, mend, blind], [well, blind])] == [0, 1, 2]
    assert in_words([well], "en")[-1] == "All is well."
    assert in_words([well, mend, blind], "zh")[-1] == "有 1 处需要处理。 有 1 项没能检查。"
    assert '"state": "mend"' in as_json([mend], "en")


async def test_where_no_database_is_the_doctor_could_not_look(tmp_path):
    results = dict(await examine(settings_of(tmp_path, port=0)))
    assert codes(results["database"]) == ["database.away"]
    assert results["database"][0].state == "unknown"
    assert not (tmp_path / "postgres").exists()
    assert os.listdir(tmp_path) in (["files"], [])
