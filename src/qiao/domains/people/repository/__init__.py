"""Every query of people, each class or function scoped to one workspace; what looks across workspaces says so."""
