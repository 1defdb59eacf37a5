"""PDM-Closed, the privileged rule-based planner that NAVSIM measures progress against: route, forecast, proposals, choice."""
