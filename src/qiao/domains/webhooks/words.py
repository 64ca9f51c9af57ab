"""The words of the catalogue, in both languages."""

from collections.abc import Mapping

Words = dict[str, str]


def _w(zh: str, en: str) -> Words:
    return {"zh": zh, "en": en}


GROUPED: Mapping[str, str] = {
    "conversation": "conversations",
    "message": "messages",
    "note": "messages",
    "delivery": "messages",
    "contact": "contacts",
    "ticket": "tickets",
    "inbox": "inboxes",
    "faq": "knowledge",
    "article": "knowledge",
}
"""The first word of an event's name -> the group it is shown in."""

TITLES: Mapping[str, Words] = {
    "conversation.opened": _w("对话开始", "Conversation opened"),
    "conversation.handed_over": _w("转人工", "Handed over to people"),
    "conversation.assigned": _w("对话已分配", "Conversation assigned"),
    "conversation.requeued": _w("退回队列", "Back in the queue"),
    "conversation.handed_to_bot": _w("交还机器人", "Handed back to the bot"),
    "conversation.snoozed": _w("对话暂缓", "Conversation snoozed"),
    "conversation.woken": _w("暂缓结束", "Snooze ended"),
    "conversation.resolved": _w("对话已解决", "Conversation resolved"),
    "conversation.reopened": _w("对话重新打开", "Conversation reopened"),
    "conversation.tagged": _w("标签或语言变更", "Tags or language changed"),
    "conversation.moved": _w("对话改属另一位客户", "Conversation moved to another contact"),
    "message.received": _w("客户来信", "Message received"),
    "message.sent": _w("已回复客户", "Reply sent"),
    "message.changed": _w("消息有变", "Message changed"),
    "note.posted": _w("内部备注", "Note written"),
    "delivery.failed": _w("回复未送达", "Reply not delivered"),
    "contact.created": _w("新客户", "New contact"),
    "contact.changed": _w("客户资料变更", "Contact changed"),
    "contact.joined": _w("客户合并", "Contacts joined"),
    "contact.separated": _w("客户拆分", "Contacts separated"),
    "ticket.opened": _w("新工单", "Ticket opened"),
    "ticket.changed": _w("工单变更", "Ticket changed"),
    "inbox.broken": _w("收件箱断开", "Inbox broken"),
    "inbox.mended": _w("收件箱恢复", "Inbox works again"),
    "faq.changed": _w("问答变更", "FAQ changed"),
    "article.changed": _w("文章变更", "Article changed"),
}

TEXTS: Mapping[str, Words] = {
    "conversation.opened": _w("客户或客服开始了一段对话。", "A customer or an agent began a conversation."),
    "conversation.handed_over": _w(
        "机器人或客户要求转人工，对话在排队。", "A person was asked for: the conversation waits in the queue."
    ),
    "conversation.assigned": _w("对话由某位客服负责了。", "A person has the conversation now."),
    "conversation.requeued": _w("对话不再有人负责，重新排队。", "Nobody has the conversation any more; it waits again."),
    "conversation.handed_to_bot": _w("客服把对话交还给机器人。", "A person gave the conversation back to the bot."),
    "conversation.snoozed": _w("对话被暂缓，到时间或客户来信时恢复。", "Put aside until a time, or until the customer writes."),
    "conversation.woken": _w("对话不再暂缓。", "The conversation is no longer put aside."),
    "conversation.resolved": _w("对话处理完了，至少眼下如此。", "Done, for now."),
    "conversation.reopened": _w("客户又来信，或有人重新处理。", "The customer wrote again, or a person took it up."),
    "conversation.tagged": _w("对话的标签或语言变了。", "Its tags or its language changed."),
    "conversation.moved": _w(
        "经证实是同一个人，对话归到另一位客户名下。", "It belongs to another contact: the same person, proven."
    ),
    "message.received": _w("客户发来一条消息。", "The customer wrote."),
    "message.sent": _w(
        "客服或机器人回复了客户，author 说明是谁。", "An agent or the bot wrote to the customer; `author` says who."
    ),
    "message.changed": _w("一条消息被修改、撤回，或文件到齐。", "A message was edited or recalled, or its files have come."),
    "note.posted": _w(
        "同事之间的内部备注，客户看不到。只有明确勾选才会发送。",
        "Written for colleagues, never for customers. Sent only when you ask for it.",
    ),
    "delivery.failed": _w("渠道没有送出一条回复，reason 是原因。", "A reply did not reach its customer; `reason` says why."),
    "contact.created": _w(
        "有了新客户：从渠道来信、由接口建立，或身份得到证实。只打开网页聊天的匿名访客不算，开口后随 conversation.opened 告知。",
        "Somebody new, by a channel, the API or a proven identity. Anonymous visitors are told with `conversation.opened`.",
    ),
    "contact.changed": _w("客户的资料变了。", "What is known of a contact changed."),
    "contact.joined": _w("两位客户经证实是同一个人。", "Two contacts turned out, by proof, to be one person."),
    "contact.separated": _w("合并被撤销：原来是两个人。", "A join was undone: they are two people after all."),
    "ticket.opened": _w(
        "客户提交了表单，或客服由对话建了工单。", "A customer sent a form, or somebody made a ticket of a conversation."
    ),
    "ticket.changed": _w("工单有变，changed 列出哪些。", "Something of a ticket changed; `changed` names what."),
    "inbox.broken": _w(
        "平台不再允许连接，需要管理员重新连接。", "The provider no longer lets us in; an admin must connect the inbox again."
    ),
    "inbox.mended": _w("收件箱恢复正常。", "The inbox was connected, or works again."),
    "faq.changed": _w(
        "问答被新建、修改、发布、隐藏或删除，见 status。", "A FAQ was made, changed, published, hidden or deleted: see `status`."
    ),
    "article.changed": _w(
        "文章的一个译本被修改、发布、隐藏或删除。", "A translation of an article was written, published, hidden or deleted."
    ),
}
