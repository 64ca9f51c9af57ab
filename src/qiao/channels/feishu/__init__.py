"""Feishu and Lark: a bot in private chats and groups. `sealing` opens, `codec` reads, `writing` writes, `client` asks."""
