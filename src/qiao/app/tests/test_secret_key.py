"""The secret key that an installation makes for itself: whole or not there, the same for whoever starts, and never an empty one."""

import errno
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from qiao.app.audit_command import verify_audit
from qiao.app.backup import open_source
from qiao.app.keys_command import add_key, list_keys, rotate_keys
from qiao.app.people_command import make_reset_link
from qiao.app.secret import FILE_NAME, SecretKeyEmpty, SecretKeyMissing, with_secret_key
from qiao.app.setup import set_up
from qiao.domains.workspaces.api import Workspaces
from qiao.platform.settings import read_settings


def key_of(folder: Path) -> str:
    return with_secret_key(read_settings({}, data_dir=str(folder), bot_model="off")).secret_key


async def take_a_backup(settings):
    async with open_source(settings):
        pass


@pytest.mark.database
@pytest.mark.parametrize(
    "command",
    [
        take_a_backup,
        lambda one: verify_audit(one, None),
        add_key,
        rotate_keys,
        list_keys,
        lambda one: set_up(one, "second-shop", "B", ("b@shop.example", "B")),
        lambda one: make_reset_link(one, "owner@shop.example", None),
    ],
    ids=["backup", "audit verify", "keys add", "keys rotate", "keys list", "setup", "people"],
)
@pytest.mark.usefixtures("workspace")
async def test_a_command_on_another_machine_makes_none_that_opens_nothing(postgres_dsn, database, tmp_path, command):
    settings = read_settings({}, data_dir=str(tmp_path), database_url=postgres_dsn, bot_model="off")
    before = await Workspaces(database).all_ids()
    with pytest.raises(SecretKeyMissing, match="QIAO_SECRET_KEY"):
        await command(settings)
    assert list(tmp_path.iterdir()) == []
    assert await Workspaces(database).all_ids() == before


def test_programs_that_start_at_once_end_with_the_same_one(tmp_path):
    with ThreadPoolExecutor(8) as starting:
        for round_ in range(40):
            keys = set(starting.map(key_of, [tmp_path / str(round_)] * 8))
            assert len(keys) == 1
            assert len(keys.pop()) > 20


def test_it_is_kept_for_its_owner_alone(tmp_path):
    assert key_of(tmp_path) == key_of(tmp_path)
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == [FILE_NAME]


@pytest.mark.parametrize("text", ["", " \n"])
def test_an_empty_one_is_refused_with_the_mend(tmp_path, text):
    (tmp_path / FILE_NAME).write_text(text)
    with pytest.raises(SecretKeyEmpty, match="QIAO_SECRET_KEY"):
        key_of(tmp_path)


def test_a_disk_that_is_full_leaves_none_behind(tmp_path, monkeypatch):
    def full(_descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="space"):
            key_of(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert key_of(tmp_path)
