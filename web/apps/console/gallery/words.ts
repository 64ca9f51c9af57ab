export const words = {
  zh: {
    title: '组件一览', save: '保存', cancel: '取消', remove: '删除', more: '更多操作', search: '搜索会话、客户、知识', name: '收件箱名称', hint: '客户会在聊天窗口顶部看到这个名称。',
    wrong: '这个名称已经有人用了，换一个试试。', reply: '输入回复，Enter 发送', language: '语言', on: '自动分配', onHint: '新会话按空闲程度分给在线的客服。', agree: '结束后请客户评价',
    openTab: '待处理', mine: '我的', all: '全部', emptyTitle: '这里会出现客户的来信', emptyText: '接入一个渠道，客户发来的第一条消息就会出现在这里。', connect: '接入渠道',
    member: '成员', open: '处理中', first: '首次响应', status: '状态', online: '在线', urgent: '已超时', soon: '快超时', good: '已解决', bot: '机器人', note: '备注', tag: '退款',
    sent: '已保存', failed: '没有发出去：网络断开了。', retry: '重试', dialog: '删除这个收件箱？', dialogText: '历史会话会保留，但不会再收到新消息。', assign: '转交给…', snooze: '稍后提醒', resolve: '标记为已解决',
    people: ['陈晓雯', '李雷', '小桥', 'Ada Lovelace'],
  },
  en: {
    title: 'Component gallery', save: 'Save', cancel: 'Cancel', remove: 'Delete', more: 'More actions', search: 'Search conversations, people, articles', name: 'Inbox name', hint: 'Customers see this name at the top of the chat window.',
    wrong: 'This name is taken. Try another one.', reply: 'Write a reply, Enter sends', language: 'Language', on: 'Assign automatically', onHint: 'New conversations go to whoever is online and least busy.', agree: 'Ask for a rating at the end',
    openTab: 'Open', mine: 'Mine', all: 'All', emptyTitle: 'Messages from customers arrive here', emptyText: 'Connect a channel; the first message a customer writes shows up here.', connect: 'Connect a channel',
    member: 'Member', open: 'Open', first: 'First reply', status: 'Status', online: 'Online', urgent: 'Overdue', soon: 'Due soon', good: 'Resolved', bot: 'Bot', note: 'Note', tag: 'refund',
    sent: 'Saved', failed: 'Not sent: the network is down.', retry: 'Retry', dialog: 'Delete this inbox?', dialogText: 'Past conversations stay, but no new messages will arrive.', assign: 'Assign to…', snooze: 'Remind me later', resolve: 'Mark as resolved',
    people: ['Xiaowen Chen', 'Lei Li', 'Qiao', 'Ada Lovelace'],
  },
} as const
