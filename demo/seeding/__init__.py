"""The parts that fill the demo workspace: its people, its knowledge, its customers and their thirty days of conversations.

Knowledge, people and inboxes go in by the doors of their domains. The past goes in by COPY, since no door takes a message of last month;
its rows are what those doors would have left behind, numbers and counters included.
"""
