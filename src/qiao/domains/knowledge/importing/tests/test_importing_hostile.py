"""Whatever the bytes are, an import ends in drafts, problems or one refusal, and soon."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qiao.domains.knowledge.importing.contracts import ImportOptions, ImportUnreadable
from qiao.domains.knowledge.importing.reading import open_import
from qiao.domains.knowledge.importing.tests.made_files import docx, pdf, xlsx

pytestmark = pytest.mark.slow

SAMPLES = [
    ("a.docx", docx([("Heading1", "t"), ("", "x"), ("picture", "")])),
    ("a.xlsx", xlsx({"S": [["question", "answer"], ["q", "a"]]})),
    ("a.pdf", pdf([[(20, "Title"), (11, "some words")]])),
    ("a.html", b"<h1>t</h1><p>x<img src=a>"),
    ("a.csv", "问题,答案\nq,a\n".encode()),
    ("a.md", b"---\ntitle: x\n---\n# y\n\n![a](b.png)"),
]


def outcome(name: str, data: bytes, kind: str) -> str:
    try:
        list(open_import(name, data, ImportOptions(kind=kind)).items)
    except ImportUnreadable as refused:
        return str(refused.details["reason_code"])
    return "read"


@given(
    st.sampled_from(SAMPLES),
    st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), max_size=8),
    st.sampled_from(["auto", "faq"]),
)
def test_damaged_files_never_crash_it(sample: tuple[str, bytes], changes: list[tuple[int, int]], kind: str):
    damaged = bytearray(sample[1])
    for place, value in changes:
        damaged[place % len(damaged)] = value
    assert outcome(sample[0], bytes(damaged), kind)


@given(st.binary(max_size=300), st.sampled_from(["md", "csv", "html", "txt", "pdf", "zip", ""]), st.sampled_from(["auto", "faq"]))
@example(b"\xed\xa0\x80", "md", "auto")
def test_any_bytes_end_in_an_answer(data: bytes, extension: str, kind: str):
    assert outcome(f"a.{extension}", data, kind)


MARKS = [
    *("# ", "![", "![](", "![a](<", "`", "<img ", '<img src="', "Q: ", "相似问法：", "[a]: b\n", "---\n", " ", "\t"),
    *("![a][", "(", "<p>", "<a>", '"', ",", "<td>"),
]


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("extension", ["md", "html", "csv"])
def test_time_stays_linear(mark: str, extension: str):
    began = time.perf_counter()
    assert outcome(f"a.{extension}", ("# t\n" + mark * (15_000 // len(mark))).encode(), "faq")
    assert time.perf_counter() - began < 3
