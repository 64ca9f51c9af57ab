"""What a team knows: FAQs with their variants, and articles. Read by the bot, the help centre and agents.

`importing` reads files into drafts, `markdown` makes written text safe to show.
"""
