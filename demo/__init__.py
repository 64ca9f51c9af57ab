"""The demo workspace: Lanting Teaware, a bilingual online teaware shop with 30 days of believable traffic.

Owns the shop's content, its customers and its conversations as pure values; putting them into a database is left to the seeder.
"""
