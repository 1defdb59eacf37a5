"""How published policies read their inputs and how their outputs become actions: un-normalisation, ensembling, gripper, rotation, images and proprioception.

Each file is one convention with its source; :mod:`agents.conventions.simpler_agent` composes them for SIMPLER. Sources named here: ``SimplerEnv`` is
simpler-env/SimplerEnv @4ab7178; a *third-party* source is a wrapper that its authors keep in a fork of it.
"""
