"""A message in one form for matching, character by character, so that places found in it are places in the message."""

from functools import cache

MAX_CHARACTERS = 2_000
"""Beyond it nothing is looked for: what a customer gives stands at the beginning."""

_TRADITIONAL = "週點號時萬億兩個後單訂電話區縣鎮鄉樓棟門現這幾塊錢幣編碼條雙箱罐裝臺張隻顆組禮拜鐘間號員稅務納識別證"
_SIMPLIFIED = "周点号时万亿两个后单订电话区县镇乡楼栋门现这几块钱币编码条双箱罐装台张只颗组礼拜钟间号员税务纳识别证"
_MORE_TRADITIONAL = (
    "歲數場廳戶陽東廣寶島灣衛雲貴遼寧蘇滬長慶龍開發鐵橋園達內陸馬華興業財際國聯來給貨貳參柒機繫頭餅壺圓歐鎊韓運遞換統會層廈陝"
)
_MORE_SIMPLIFIED = (
    "岁数场厅户阳东广宝岛湾卫云贵辽宁苏沪长庆龙开发铁桥园达内陆马华兴业财际国联来给货贰叁柒机系头饼壶圆欧镑韩运递换统会层厦陕"
)


@cache
def _table() -> dict[int, str]:
    wide = {0xFF01 + offset: chr(0x21 + offset) for offset in range(94)}
    blanks = dict.fromkeys((0x3000, 0x00A0, 0x2002, 0x2003, 0x2009, 0x202F, 0x09, 0x0A, 0x0D), " ")
    dashes = dict.fromkeys((0x2010, 0x2011, 0x2012, 0x2013, 0x2212), "-")
    han = zip(_TRADITIONAL + _MORE_TRADITIONAL, _SIMPLIFIED + _MORE_SIMPLIFIED, strict=True)
    return wide | blanks | dashes | {0x2019: "'", 0xFFE5: "¥", 0xFFE1: "£"} | {ord(one): other for one, other in han}


def fold(text: str) -> str:
    """`text`, at most MAX_CHARACTERS of it, with its length kept: half-width, simplified where it matters, blanks as spaces.

    Upper and lower case stay: they tell names and codes.
    """
    return text[:MAX_CHARACTERS].translate(_table())
