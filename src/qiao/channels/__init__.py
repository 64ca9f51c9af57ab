"""One folder a channel. Nothing outside names one."""
