"""QQ bots (v2): private chats and groups by webhook. `signing` proves, `codec` reads, `client` asks."""
