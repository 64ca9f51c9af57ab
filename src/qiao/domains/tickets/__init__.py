"""Tickets: what a customer wants done, with a number, a state and somebody who sees to it, until it is done.

Owns tickets, their types and their numbers. Promises: numbers are dense and rising in a workspace; the same request twice is one ticket;
whoever changes one has seen it as it was; closed is final. Leaves the talk with the customer to `conversations`: a ticket names its
conversation and keeps no message.
"""
