"""Text messages over SMPP 3.4: a connection of our own to an operator's or aggregator's message centre."""
