"""DingTalk: an enterprise app's robot, over a stream of our own or called back. `codec` reads, `writing` writes, `streaming` listens."""
