"""XML from outside: what platforms send is read; bombs, foreign entities and depth are refused at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.kit.errors import Invalid, QiaoError
from qiao.kit.plain_xml import read, written

LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><xml><Content>&c;</Content></xml>"""
FOREIGN = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><Content>&e;</Content></xml>'
OUTSIDE = b'<!DOCTYPE xml SYSTEM "http://127.0.0.1/evil.dtd"><xml><Content>1</Content></xml>'
PARAMETER = b'<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1/p"> %p;]><xml/>'

names = st.from_regex(r"[A-Z][A-Za-z]{0,11}", fullmatch=True)
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=80)


def test_a_message_is_read_with_its_nested_parts():
    body = (
        "<xml><Content><![CDATA[你好 <b>&amp;]]></Content><CreateTime>1348831860</CreateTime>"
        "<SendLocationInfo><Label>广州</Label><Scale> 15 </Scale></SendLocationInfo></xml>"
    )
    assert read(body.encode()) == {
        "Content": "你好 <b>&amp;",
        "CreateTime": "1348831860",
        "SendLocationInfo.Label": "广州",
        "SendLocationInfo.Scale": " 15 ",
        "SendLocationInfo": "",
    }


def test_the_five_entities_of_xml_are_text():
    assert read(b"<xml><a>&lt;&gt;&amp;&quot;&apos;&#20320;</a></xml>") == {"a": "<>&\"'你"}


def test_of_two_elements_the_first_counts():
    assert read(b"<xml><FromUserName>a</FromUserName><FromUserName>b</FromUserName></xml>") == {"FromUserName": "a"}


@pytest.mark.parametrize("body", [LAUGHS, FOREIGN, OUTSIDE, PARAMETER], ids=["laughs", "foreign", "outside", "parameter"])
def test_a_document_type_is_never_read(body: bytes):
    with pytest.raises(Invalid, match="document type"):
        read(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<xml>",
        b"not xml",
        b"<xml><a></b></xml>",
        b"<xml>&unknown;</xml>",
        b"\xff\xfe<\x00x\x00/\x00>\x00",
        b"<xml>\x00</xml>",
        b"<xml>\xff</xml>",
        b"<xml/><xml/>",
    ],
)
def test_what_is_no_xml_is_refused(body: bytes):
    with pytest.raises(Invalid):
        read(body)


def test_a_megabyte_of_depth_is_refused_soon():
    with pytest.raises(Invalid, match="too deep"):
        read(b"<a>" * 340_000)


def test_depth_has_its_own_bound():
    """Eight levels are read, nine are not, though there are only nine elements."""
    assert read(b"<a>" * 7 + b"<b>x</b>" + b"</a>" * 7)["a.a.a.a.a.a.b"] == "x"
    with pytest.raises(Invalid, match="too deep"):
        read(b"<a>" * 9 + b"</a>" * 9)


def test_a_crowd_of_elements_is_refused():
    with pytest.raises(Invalid, match="too many"):
        read(b"<xml>" + b"<a/>" * 5_000 + b"</xml>")


def test_more_than_a_megabyte_is_not_even_parsed():
    with pytest.raises(Invalid, match="too large"):
        read(b"<xml>" + b"x" * 1_048_576 + b"</xml>")


def test_what_a_document_says_of_its_encoding_is_not_believed():
    said = '<?xml version="1.0" encoding="gbk"?><xml><Content>你好</Content></xml>'.encode()
    assert read(said) == {"Content": "你好"}


@given(st.dictionaries(names, texts, max_size=6))
def test_what_was_written_is_read_again(fields: dict[str, str]):
    assert read(written(fields)) == fields


@pytest.mark.parametrize("text", ["]]>", "a]]>b]]>", "]]]]>>", "<![CDATA[x]]>", "]]"])
def test_the_end_of_a_section_inside_a_text_is_only_text(text: str):
    assert read(written({"Content": text})) == {"Content": text}


def test_numbers_are_bare_and_nesting_is_one_deep():
    assert written({"CreateTime": 12, "Location": {"X": "1.5", "Scale": 3}}) == (
        b"<xml><CreateTime>12</CreateTime><Location><X><![CDATA[1.5]]></X><Scale>3</Scale></Location></xml>"
    )


def test_what_xml_cannot_hold_is_left_out():
    assert read(written({"Content": "a\x00b\x08c\td\ne"})) == {"Content": "abc\td\ne"}


@given(st.one_of(st.binary(), st.text().map(str.encode)))
def test_anything_is_read_or_refused(body: bytes):
    try:
        found = read(body)
    except QiaoError:
        return
    assert all(isinstance(text, str) for text in found.values())
