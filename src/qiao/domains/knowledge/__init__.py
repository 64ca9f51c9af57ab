"""What a team knows: FAQs with their variants, articles in both languages, and snippets. Read by the bot, the help centre and agents.

Owns the tables `knowledge_*`, `faqs`, `articles`, `article_translations`, `article_votes` and `snippets`. `importing` reads files into
drafts, `markdown` makes written text safe to show. What is published is kept apart from what is being written.
"""
