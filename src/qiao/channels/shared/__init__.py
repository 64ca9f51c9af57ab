"""What channels have in common: how adapters ask, read and refuse, and what families of platforms share. Names no platform."""
