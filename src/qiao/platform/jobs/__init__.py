"""Work that lasts: enqueued in the transaction that wants it, done at least once, retried with back-off, by any process."""
