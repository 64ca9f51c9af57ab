"""WeChat Official Accounts: messages and events in by XML callback, replies out by the customer-service message API."""
