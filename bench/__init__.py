"""What is measured, and against whom: `./dev bench [part ...]`. Every figure stands beside its aim and beside a limit or a peer
that was measured in the same run.
"""
