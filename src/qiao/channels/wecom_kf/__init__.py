"""WeChat customer service (WeCom kf): a callback says that something lies ready, messages are pulled by cursor, replies are posted."""
