"""May this run replace its baseline? A verdict by a rule kept in the config."""

from harness.gate.gating import gate
from harness.gate.rule import GateRule, load_rule
from harness.gate.verdict import EXIT_CODES, Check, Verdict

__all__ = ["EXIT_CODES", "Check", "GateRule", "Verdict", "gate", "load_rule"]
