"""Who runs the episodes, and where: the runner and its executors."""
