"""Run folders: where episodes go, and what everything after the run reads."""

from harness.store.episode_folder import read_steps, read_truth, verify_episode, write_episode, write_trace
from harness.store.run_store import RunStore

__all__ = ["RunStore", "read_steps", "read_truth", "verify_episode", "write_episode", "write_trace"]
