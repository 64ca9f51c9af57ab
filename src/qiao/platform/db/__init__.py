"""The database: embedded PostgreSQL or yours, one pool, transactions scoped to a workspace, the schema and its migrations."""
