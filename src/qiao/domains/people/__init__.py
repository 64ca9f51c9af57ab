"""People: the company's own staff, their roles, teams, sessions and presence.

Owns people, teams, team_members, sessions, invites and people_presence. Promises that a session says who calls and in which workspace,
that it stops within a second of losing its right, and that a workspace never loses its last owner. How many conversations somebody has
is counted above and handed in by whoever composes the program.
"""
