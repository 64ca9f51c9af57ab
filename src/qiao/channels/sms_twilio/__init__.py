"""Text messages through Twilio's Programmable Messaging: a form posted in, a form posted out."""
