"""Every query of the bot, made from a `Scope` and so bound to one workspace."""
