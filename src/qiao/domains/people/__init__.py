"""People: who works in a workspace. Owns people, roles, teams, sessions, invites and availability."""
