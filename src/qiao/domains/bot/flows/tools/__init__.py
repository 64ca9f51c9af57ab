"""What a flow can look up and do: typed tools over the shop, and HTTP tools that an admin defines.

Each call is time-boxed and on record.
"""
