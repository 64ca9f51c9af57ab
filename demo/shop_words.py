"""What the demo shop's pages say, in both languages."""

from demo.content import Text
from demo.customers import OrderStatus, Tier
from qiao.ports.commerce_orders import OrderStatus as Stored

TIERS: dict[Tier, Text] = {
    "regular": Text(zh="普通会员", en="Member"),
    "silver": Text(zh="银卡会员", en="Silver member"),
    "gold": Text(zh="金卡会员", en="Gold member"),
}

STATUSES: dict[OrderStatus, Text] = {
    "placed": Text(zh="待付款", en="Awaiting payment"),
    "paid": Text(zh="已付款，待发货", en="Paid, being packed"),
    "shipped": Text(zh="运输中", en="On its way"),
    "delivered": Text(zh="已签收", en="Delivered"),
    "returned": Text(zh="已退货", en="Returned"),
}

ORDER_STATUSES: dict[Stored, Text] = {
    Stored.UNPAID: Text(zh="待付款", en="Awaiting payment"),
    Stored.PAID: Text(zh="已付款，待发货", en="Paid, being packed"),
    Stored.PACKING: Text(zh="正在打包", en="Being packed"),
    Stored.SHIPPED: Text(zh="运输中", en="On its way"),
    Stored.DELIVERED: Text(zh="已签收", en="Delivered"),
    Stored.RETURNING: Text(zh="退回中", en="Coming back"),
    Stored.RETURNED: Text(zh="已退货", en="Returned"),
    Stored.CANCELLED: Text(zh="已取消", en="Cancelled"),
}

WORDS: dict[str, Text] = {
    "skip": Text(zh="跳到正文", en="Skip to content"),
    "nav": Text(zh="主导航", en="Main"),
    "shop": Text(zh="茶器", en="Teaware"),
    "account": Text(zh="我的账户", en="My account"),
    "help": Text(zh="帮助中心", en="Help centre"),
    "switch": Text(zh="English", en="中文"),
    "hero": Text(zh="好好喝茶，从一只顺手的盖碗开始", en="Good tea begins with a bowl that sits well in the hand"),
    "lead": Text(
        zh="龙泉的青瓷、宜兴的紫砂、景德镇的白瓷，都是我们一窑一窑挑回来的。16:00 前付款，当天发出。",
        en="Celadon from Longquan, clay from Yixing, white porcelain from Jingdezhen, chosen kiln by kiln. Sent to 42 countries.",
    ),
    "browse": Text(zh="看看茶器", en="Browse the shelves"),
    "promise": Text(zh="我们的承诺", en="What you can count on"),
    "promise_ship": Text(zh="满 199 元包邮", en="Free DHL from $79"),
    "promise_ship_more": Text(zh="顺丰 1–3 天送到", en="5–8 working days"),
    "promise_break": Text(zh="破损补发", en="Broken? We replace it"),
    "promise_break_more": Text(zh="48 小时内拍照，碎片不用寄回", en="One photo within 48 hours"),
    "promise_return": Text(zh="15 天可退换", en="15 days to change your mind"),
    "promise_return_more": Text(zh="未使用、原盒完好", en="Unused, in its box"),
    "add": Text(zh="加入购物袋", en="Add to bag"),
    "demo": Text(zh="演示说明", en="About this demo"),
    "demo_note": Text(
        zh="演示商店：商品与订单都是虚构的，不能付款。右下角可以和客服聊天。",
        en="A demo shop: its pieces and orders are invented and nothing can be bought. Chat with us in the corner.",
    ),
    "shipping": Text(zh="配送", en="Delivery"),
    "shipping_text": Text(
        zh="大陆顺丰 12 元，满 199 元包邮；海外 DHL 5–8 个工作日。", en="DHL in 5–8 working days, $15 or free from $79."
    ),
    "care": Text(zh="退换", en="Returns"),
    "care_text": Text(zh="签收 15 天内，未使用、原盒完好即可退换。", en="15 days from delivery, unused and in its original box."),
    "handmade": Text(zh="手工", en="Handmade"),
    "handmade_text": Text(
        zh="尺寸 ±5%，容量 ±10 ml，釉色每只略有不同。", en="±5% in size, ±10 ml in volume; each glaze differs a little."
    ),
    "sku": Text(zh="货号", en="Item"),
    "alike": Text(zh="也许您还喜欢", en="You may also like"),
    "back": Text(zh="全部茶器", en="All teaware"),
    "signed_in": Text(zh="已登录", en="Signed in as"),
    "orders": Text(zh="我的订单", en="My orders"),
    "order": Text(zh="订单", en="Order"),
    "placed": Text(zh="下单日期", en="Placed"),
    "contents": Text(zh="内容", en="Pieces"),
    "total": Text(zh="金额", en="Total"),
    "status": Text(zh="状态", en="Status"),
    "tracking": Text(zh="运单号", en="Tracking"),
    "copy_number": Text(zh="复制订单号", en="Copy number"),
    "copied": Text(zh="已复制", en="Copied"),
    "late": Text(zh="比预计晚", en="Late"),
    "ask_about": Text(
        zh="把订单号发给聊天里的助手，就能查物流、改地址、退换货、开发票。",
        en="Give an order number to the assistant in the chat to track it, change its address, send it back or get an invoice.",
    ),
    "account_note": Text(
        zh="在这一页打开聊天，客服会知道您是谁，不用再报姓名和订单号。",
        en="Open the chat on this page and we already know who you are and what you ordered.",
    ),
    "email": Text(zh="邮箱", en="E-mail"),
    "phone": Text(zh="手机", en="Phone"),
    "city": Text(zh="城市", en="City"),
    "no_orders": Text(zh="还没有订单。", en="No orders yet."),
    "hours": Text(
        zh="人工客服：周一至周五 9:00–21:00，周末 10:00–18:00（北京时间）",
        en="People answer weekdays 9:00–21:00, weekends 10:00–18:00, Beijing time",
    ),
}
