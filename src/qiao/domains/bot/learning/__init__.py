"""What the bot learns from its conversations: outcomes, clusters of unanswered questions with drafts, concerns, test sets, experiments."""
