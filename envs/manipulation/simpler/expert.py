from dataclasses import dataclass
@dataclass(frozen=True)
class GraspHint:
    height: float = 0.0
    release_height: float = 0.03
class PutOnExpert:
    def __init__(self, h): pass
    def plan(self, task): return None
