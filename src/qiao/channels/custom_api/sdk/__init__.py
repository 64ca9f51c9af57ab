"""Files for companies to copy into their own projects; nothing of Qiao imports them."""
