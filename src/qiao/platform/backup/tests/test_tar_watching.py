"""One member of a tar is caught as it passes, whatever the parts."""

import io
import tarfile

from hypothesis import given
from hypothesis import strategies as st

from qiao.platform.backup.tar_watch import TarWatch
from qiao.platform.backup.wal import number_at, number_of, segment_before


def tar_of(members: list[tuple[str, bytes]]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in members:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return out.getvalue()


@given(
    st.lists(
        st.tuples(st.sampled_from(["base/1", "backup_manifest.x", "x/backup_manifest"]), st.binary(max_size=1500)), max_size=4
    ),
    st.binary(max_size=2000),
    st.integers(min_value=1, max_value=3000),
)
def test_the_member_is_caught_and_no_other(others, wanted, step):
    whole = tar_of([*others, ("backup_manifest", wanted), *others])
    watch = TarWatch("backup_manifest")
    for start in range(0, len(whole), step):
        watch.feed(whole[start : start + step])
    assert watch.content() == wanted


def test_the_last_member_is_caught_without_an_end():
    whole = tar_of([("a", b"1" * 700), ("backup_manifest", b"tea")])[: 512 + 1024 + 512 + 512]
    watch = TarWatch("backup_manifest")
    watch.feed(whole)
    assert watch.content() == b"tea"


def test_nothing_is_caught_of_a_tar_without_it():
    watch = TarWatch("backup_manifest")
    watch.feed(tar_of([("a", b"1")]))
    assert watch.content() == b""


def test_segments_are_numbered_over_all_timelines():
    assert number_of("000000010000000000000002") == number_of("000000030000000000000002.partial.gz") == number_at("0/2000028")
    assert number_of("00000001000000010000000A") == number_at("1/A000000") == 256 + 10
    assert number_of("00000002.history") is None
    assert segment_before("0000000100000000000000FF", "1/0")
    assert not segment_before("000000010000000100000000", "1/0")
    assert not segment_before("00000002.history", "9/0")
