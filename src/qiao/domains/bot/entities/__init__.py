"""Numbers, dates, amounts, addresses and names in what a customer wrote. Pure, Chinese and English, time-bounded."""
