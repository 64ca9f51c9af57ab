"""LINE official accounts: Messaging API. What crosses the wire is in `codec`, the calls in `client`."""
