"""Machinery of identity: who calls, passwords, signed tokens, throttles. Which people exist is the people domain's business."""
