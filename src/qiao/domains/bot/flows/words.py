"""What the bot says in every flow, whatever the editor wrote: asking again, kind ends, coming back. Chinese and English."""

from collections.abc import Mapping

from qiao.domains.bot.flows.contracts import SlotKind

_AGAIN: Mapping[SlotKind, tuple[str, str]] = {
    "text": ("没太看明白，麻烦再说一次。", "I didn’t quite get that. Could you say it again?"),
    "choice": ("请从下面选一个，或直接回复序号。", "Please pick one of these, or reply with its number."),
    "number": ("请回复一个数字。", "Please reply with a number."),
    "date": (
        "请告诉我具体日期，例如“11 月 28 日”或“下周三”。",
        "Please give me a date, for example “28 Nov” or “next Wednesday”.",
    ),
    "phone": ("这个号码好像不完整，请再核对一下。", "That number doesn’t look complete. Could you check it?"),
    "email": ("请填写完整的邮箱地址，例如 name@example.com。", "Please give a full e-mail address, such as name@example.com."),
    "order_number": (
        "没有认出订单号。订单号在“我的订单”和确认邮件里可以看到，请整串发给我。",
        "I couldn’t find an order number in that. You’ll see it in My orders and in the confirmation mail.",
    ),
    "address": (
        "地址好像不完整，请写上省、市、区县、街道和门牌号。",
        "That address doesn’t look complete. Please include street, city, postcode and country.",
    ),
    "yes_no": ("请回复“是”或“否”。", "Please reply yes or no."),
    "file": ("请上传图片或文件。", "Please upload a picture or file."),
}

_SAID: Mapping[str, tuple[str, str]] = {
    "cancelled": (
        "好的，已为您停下，没有提交任何内容。需要时随时告诉我。",
        "All right, I’ve stopped here and nothing was sent. Just say when you need it.",
    ),
    "cancelled_after": (
        "好的，就到这里。之前已经提交的内容不受影响。",
        "All right, I’ll stop here. What was already sent stays as it is.",
    ),
    "corrected": ("好的，已更正。", "Got it, changed."),
    "correct_again": ("好的，我们改一下。", "Sure, let’s change that."),
    "back": ("我们接着刚才的“{name}”。", "Let’s carry on with “{name}”."),
    "switched": ("好的，先办这件事。", "Sure, let’s do that first."),
    "not_found": ("没有找到相关记录，我请同事来帮您看一下。", "I couldn’t find that, so a colleague will take a look for you."),
    "refused": ("这件事我在这里办不了，我请同事来帮您。", "I can’t do that from here, so a colleague will help you."),
    "unavailable": (
        "查询系统暂时没有回应，非常抱歉。我请同事来帮您处理。",
        "Our order system isn’t answering right now. I’m sorry. A colleague will help you.",
    ),
    "invalid": (
        "有一项内容系统没有接受，我请同事来帮您核对。",
        "One of the details wasn’t accepted, so a colleague will check it with you.",
    ),
    "tried": ("看来我没能理解，我请同事来帮您。", "I’m having trouble understanding, so a colleague will help you."),
    "steps": ("这里出了点问题，我请同事来帮您。", "Something went wrong here, so a colleague will help you."),
    "thanks": ("不客气！", "You’re welcome!"),
    "greeting": ("您好！", "Hello!"),
    "yes": ("是", "Yes"),
    "no": ("否", "No"),
    "because_tried": ("流程“{name}”：多次回答无法识别", "Flow “{name}”: answers were not understood"),
    "because_steps": ("流程“{name}”：步骤过多，已停止", "Flow “{name}”: stopped after too many steps"),
    "because_fault": ("流程“{name}”：{fault}", "Flow “{name}”: {fault}"),
    "fault_not_found": ("没有找到记录", "nothing was found"),
    "fault_refused": ("系统不允许", "the system refused"),
    "fault_unavailable": ("系统没有响应", "the system did not answer"),
    "fault_invalid": ("内容未被接受", "a detail was not accepted"),
}


def again(kind: SlotKind, language: str) -> str:
    """How the bot asks again for a kind of answer when the editor wrote nothing."""
    return _AGAIN[kind][language != "zh"]


def word(key: str, language: str, **values: str) -> str:
    """One of the sentences, with `{name}` and the like put in."""
    said = _SAID[key][language != "zh"]
    for name, value in values.items():
        said = said.replace(f"{{{name}}}", value)
    return said
