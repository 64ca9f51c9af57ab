"""What the guide's page of channels says around the manifests, in both languages."""

from collections.abc import Mapping

SHOWN = (
    ("image", {"zh": "图片", "en": "Pictures"}),
    ("voice", {"zh": "语音", "en": "Voice"}),
    ("video", {"zh": "视频", "en": "Video"}),
    ("file", {"zh": "文件", "en": "Files"}),
    ("location", {"zh": "位置", "en": "Places"}),
    ("card", {"zh": "卡片", "en": "Cards"}),
    ("options", {"zh": "按钮", "en": "Buttons"}),
    ("quote", {"zh": "引用", "en": "Quotes"}),
    ("edit", {"zh": "编辑", "en": "Edits"}),
    ("recall", {"zh": "撤回", "en": "Taking back"}),
    ("reactions", {"zh": "表情回应", "en": "Reactions"}),
    ("read_marks", {"zh": "已读", "en": "Read marks"}),
    ("typing", {"zh": "正在输入", "en": "Typing"}),
    ("templates", {"zh": "模板", "en": "Templates"}),
    ("subject", {"zh": "主题", "en": "Subjects"}),
    ("public_threads", {"zh": "公开评论", "en": "Public comments"}),
    ("private_reply", {"zh": "私下回复", "en": "Private answers"}),
    ("moderation", {"zh": "隐藏与删除评论", "en": "Hiding and deleting comments"}),
    ("history", {"zh": "断开后补收", "en": "Catching up after a break"}),
)
TIER_WORDS = {
    "gold": {"zh": "功能完整", "en": "Everything"},
    "silver": {"zh": "主要功能", "en": "Main features"},
    "bronze": {"zh": "基础收发", "en": "Basic messages"},
}
AFTER = {"template": {"zh": "模板", "en": "templates"}, "tagged": {"zh": "人工回复", "en": "replies marked as a person’s"}}
WORDS: Mapping[str, Mapping[str, str]] = {
    "zh": {
        "title": "渠道",
        "other": "[English](channels.md)",
        "made": "<!-- 由 python -m qiao.app.generate 根据各渠道的 manifest.toml 生成，请勿手改。 -->",
        "lead": "客户从哪里来，就用哪个渠道接待：同一个工作台，同一个机器人，同一份知识。下表由程序根据各渠道的自我说明生成，总是和程序一"
        "致。",
        "add": "**添加渠道**：*设置 → 收件箱 → 新建收件箱*，选渠道、起名字，填好账号资料后点*连接*；要在平台后台填的回调地"
        "址，页面上可以直接复制。"
        "每个渠道怎么申请、填什么，见它自己的说明。",
        "try": "**不用账号先试试**：`./dev run --channels` 在本机模拟所有平台，打开 `/phones/` 就能扮演顾客。",
        "health": "**通不通**：*设置 → 渠道状况*列出每个收件箱最近的收发、积压和出错；断开时管理员会收到提醒，重新连接后回复自动补"
        "发。",
        "lacks": "渠道没有的功能会用文字代替：按钮变成编号（顾客回复“2”就算选了第二项），卡片和位置变成文字加链接，收不了的文件变成下载"
        "链接，太长的文字分几条发。",
        "table": "有哪些渠道",
        "head": "| 渠道 | 支持程度 | 能收发 | 回复时限 | 过时限后 | 一条消息 |",
        "windows": "回复时限从客户最近一次行动算起；写备注不受限制。",
        "always": "随时",
        "limit": "{text} 字",
        "files": "{count} 个文件",
        "options": "{count} 个按钮",
        "media": "文件上限",
        "media_head": "| 渠道 | 种类 | 格式 | 大小 |",
        "any": "不限",
        "or": "；",
        "kinds": "或",
        "message": "客户来消息后",
        "event": "{kind}后",
        "hours": "{n} 小时",
        "minutes": "{n} 分钟",
        "days": "{n} 天",
        "seconds": "{n} 秒",
        "times": "最多 {n} 条",
        "joint": "、",
        "none": "—",
        "text_only": "文字",
    },
    "en": {
        "title": "Channels",
        "other": "[中文](channels.zh.md)",
        "made": "<!-- Made by python -m qiao.app.generate from the channels' manifest.toml; not to be edited. -->",
        "lead": "Wherever customers write from, they meet the same desk, the same bot and the same knowledge. The table is made"
        " from what each"
        " channel says of itself, so it is always what the program does.",
        "add": "**To add one**: *Settings → Inboxes → New inbox*; choose the channel, give it a name, fill in the account and "
        "press *Connect*."
        " The webhook address that some providers ask for can be copied there. How to get an account is in each channel’s own page.",
        "try": "**To try one without an account**: `./dev run --channels` simulates every platform on your machine; at "
        "`/phones/` you play the customer.",
        "health": "**To see whether it works**: *Settings → Channel health* shows what last came and went, what waits and what "
        "failed. Admins are told"
        " when a channel breaks; replies wait and go out after reconnecting.",
        "lacks": "What a channel lacks is said in words: buttons become numbers (and “2” is understood), cards and places become"
        " text with a link,"
        " files it does not take become download links, and long texts go in several messages.",
        "table": "Which there are",
        "head": "| Channel | Support | Carries | Reply window | After it | One message |",
        "windows": "Windows begin with what the customer last did. Notes are always possible.",
        "always": "any time",
        "limit": "{text} characters",
        "files": "{count} files",
        "options": "{count} buttons",
        "media": "Limits of files",
        "media_head": "| Channel | Kind | Formats | Size |",
        "any": "any",
        "or": "; ",
        "kinds": " or ",
        "message": "after the customer’s message",
        "event": "after {kind}",
        "hours": "{n} h",
        "minutes": "{n} min",
        "days": "{n} days",
        "seconds": "{n} s",
        "times": "{n} at most",
        "joint": ", ",
        "none": "—",
        "text_only": "Text",
    },
}
EVENTS: Mapping[str, Mapping[str, str]] = {
    "follow": {"zh": "关注", "en": "they follow"},
    "subscribe": {"zh": "订阅", "en": "they subscribe"},
    "menu": {"zh": "点菜单", "en": "they use a menu"},
    "scan": {"zh": "扫码", "en": "they scan a code"},
    "mention": {"zh": "提及我方", "en": "they mention us"},
    "enter": {"zh": "打开会话", "en": "they open the chat"},
    "comment": {"zh": "评论", "en": "they comment"},
    "taken": {"zh": "人工接入", "en": "a person takes over"},
    "closed": {"zh": "会话结束", "en": "the session ends"},
}
"""What opens a window beside a message. A kind that is not here is shown as its channel calls it."""
