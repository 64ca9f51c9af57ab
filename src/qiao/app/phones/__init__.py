"""The customer's phone as a page: what each simulated platform shows its customers, and what they can do there. Only for trying."""
