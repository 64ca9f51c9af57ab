"""What adapters say by themselves when a provider cannot be asked or makes no sense, for people: the same words for all channels."""

from qiao.ports.channel_manifest import ReasonWords


def _said(code: str, zh: str, en: str) -> ReasonWords:
    return ReasonWords(code=code, words={"zh": zh, "en": en})


_NONSENSE = ("平台的回答看不懂", "The provider's answer makes no sense")
_AWAY = ("平台暂时出错，会自动再试", "The provider has a fault of its own; it is tried again")
COMMON = (
    _said("unreached: timeout", "平台没有及时回答", "The provider gave no answer in time"),
    _said("unreached: refused", "这个地址不允许连接", "This address may not be connected to"),
    _said("this address is not one that may be connected to", "这个地址不允许连接", "This address may not be connected to"),
    _said("unreached", "连不上平台", "The provider cannot be reached"),
    *(_said(code, *_NONSENSE) for code in ("makes no sense", "without sense", "nonsense")),
    *(_said(f"the provider answered {status}", *_AWAY) for status in (500, 502, 503, 504)),
    *(
        _said(code, "凭证不被接受，请重新填写", "The credentials are not accepted; enter them anew")
        for code in (
            "the provider answered 401",
            "refused with 401",
            "there is no access token",
            "the access token is not believed",
        )
    ),
    *(
        _said(f"this is {code}", "收到的内容不是这个平台的格式", "What came is not as this provider delivers")
        for code in ("not a delivery", "not a push", "not a list", "not a form", "no SMPP")
    ),
    _said(
        "where the mapping says",
        "按“接收映射”找不到消息，请检查设置后再读一次",
        "The mapping finds no messages; check the settings, then read it again",
    ),
    _said("busy", "平台繁忙，会自动再试", "The provider is busy; it is tried again"),
    _said("the provider does not know why", "平台没有说明原因", "The provider gives no reason"),
    _said("the provider is not there", "平台暂时不可用", "The provider is not there for the moment"),
    _said("the provider maintains the account", "平台正在维护这个账号", "The provider maintains the account"),
    _said("the provider reports the account as broken", "平台报告账号有问题", "The provider reports a problem with the account"),
    _said("too fast for one customer", "给同一位顾客发得太快", "Too fast for one customer"),
)
