"""Conformance: does an environment, or an agent, keep the contract? For people who bring their own."""
