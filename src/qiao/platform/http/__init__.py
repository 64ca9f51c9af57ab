"""HTTP: problem details, guards, who is asking, and bounds. Routes live in the domains."""
