"""The log: an append-only table of facts, numbered densely in each workspace, with cursors for those who act on them.

Promises: a fact appears exactly when its transaction commits; positions in a workspace rise without gaps in commit order, because
they are given under the workspace's head row at the end of the transaction; a subscriber sees each fact at least once and, inside
the database, its effects once, because effects and the cursor's move commit together.
"""
