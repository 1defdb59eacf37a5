"""SIMPLER on ManiSkill 3: tasks whose scores are compared with those of the original (``simpler-env/SimplerEnv``), so every figure here is the original's.

A task is made of: ``assets`` and ``required_files`` (where the data lies), ``models`` and ``collision_pieces`` (objects), ``widowx`` and ``controller`` (robot), ``scene`` and ``settling`` (physics, lights, how objects come to
rest), ``placement`` (episode ids), ``overlay`` (visual matching), ``predicates`` and ``contacts`` (judgement), ``task`` (what all tasks share) and a family under ``tasks``. Another robot or family adds files beside these.

The Google Robot: ``google_robot``, ``planner_controller`` and ``joint_plan`` (robot), ``google_task`` (what its tasks share), ``episode_axes`` and ``google_variants`` (options), ``lighting``, ``rooms``, ``cabinet``, ``distractors``,
``near_layouts`` (scenes), ``google_judgement`` (predicates), ``google_expert`` and ``drawer_expert``, ``parity_google`` and ``parity_google_states`` (comparison with the original). Its controllers plan in Python for one CPU environment at a time.

Commands: ``gauntlet parity simpler`` compares with recordings of the original (read by ``fixtures``), ``gauntlet bench simpler`` takes times, ``python -m envs.manipulation.simpler.expert_table`` runs the scripted ``expert``.
"""
