"""The built-in store behind the commerce port: orders that the workspace keeps in Qiao's own tables."""
