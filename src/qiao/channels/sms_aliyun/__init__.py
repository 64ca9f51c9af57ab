"""Text messages in China through Aliyun's short message service: approved templates out, pushed lists in."""
