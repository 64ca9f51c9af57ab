"""WeChat Mini Programs: what customers write in the customer-service session of a mini program, and replies to it."""
