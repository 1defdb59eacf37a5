"""The other road users: replayed from the log, or reacting to the ego."""
