"""Videos of episodes, with what the policy thought drawn on them."""
