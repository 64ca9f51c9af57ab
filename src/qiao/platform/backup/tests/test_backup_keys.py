"""The key of backups: made once, readable by its owner alone, never overwritten."""

import stat

import pytest

from qiao.platform.backup.errors import BackupFailed, KeyMissing, KeyUnfit
from qiao.platform.backup.keys import VARIABLE, find_key, new_key_file
from qiao.platform.backup.programs import addressed


def test_a_new_key_is_its_owners_alone_and_is_found_again(tmp_path):
    path = tmp_path / "backup.key"
    new_key_file(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    key = find_key(path, {})
    assert key is not None
    assert len(key) == 32
    assert find_key(None, {VARIABLE: path.read_text()}) == key


def test_two_keys_differ(tmp_path):
    new_key_file(tmp_path / "a")
    new_key_file(tmp_path / "b")
    assert find_key(tmp_path / "a", {}) != find_key(tmp_path / "b", {})


def test_a_key_is_never_overwritten(tmp_path):
    path = tmp_path / "backup.key"
    new_key_file(path)
    before = path.read_text()
    with pytest.raises(KeyUnfit, match="never overwritten"):
        new_key_file(path)
    assert path.read_text() == before


def test_a_key_that_others_may_read_is_refused_with_the_mend(tmp_path):
    path = tmp_path / "backup.key"
    new_key_file(path)
    path.chmod(0o640)
    with pytest.raises(KeyUnfit, match="chmod 600"):
        find_key(path, {})


def test_no_key_and_no_file(tmp_path):
    assert find_key(None, {}) is None
    with pytest.raises(KeyMissing, match="cannot be read"):
        find_key(tmp_path / "nowhere", {})


@pytest.mark.parametrize("text", ["secret", "qiao-backup-key-1:c2hvcnQ=", "qiao-backup-key-1:§", "AAAA" * 11])
def test_something_else_is_no_key_and_is_not_repeated(text):
    with pytest.raises(KeyUnfit) as refused:
        find_key(None, {VARIABLE: text})
    assert text not in refused.value.message


def test_an_address_that_is_none_is_told_without_its_password():
    with pytest.raises(BackupFailed, match="address of the database") as refused:
        addressed("postgresql://qiao:hush@[:1]/desk")
    assert "hush" not in str(refused.value)
