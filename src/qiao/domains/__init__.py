"""The product: one folder a noun, ranked (see ARCHITECTURE.md)."""
