"""How fast the harness is. ``python -m tests.benchmarks`` prints the table; nothing here passes or fails by the clock."""
