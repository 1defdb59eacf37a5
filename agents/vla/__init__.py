"""ST4VLA's architecture (arXiv 2602.10109), small: a reasoner grounds the instruction in the image, a spatial prompt carries what it found, an action expert turns that into a chunk of actions.

How the parts fit, in the order of one call of :class:`agents.vla.policy.VlaPolicy`::

    Request --inputs.py--> Inputs (image, words, proprioception)
    Reasoner (reasoner.py, visual_encoder.py, text_decoder.py)
        -> Reasoning: points of source, target and place; heights; grasp angle; subtask text and boxes, decoded word by word; hidden states of every layer
    SpatialPrompt (spatial_prompt.py): on | off | random | wrong | oracle, of kind point | box | trace | unified
        -> Prompt: two anchors (what to take hold of, where it goes), as numbers with a mask
    Bridge (bridge.py): the reasoner's hidden states, every k-th layer, no gradient back
    ActionExpert (action_expert.py) = conditioning.py + Bridge + one ActionDecoder
        flow_decoder.py (noise or history source, n Euler steps) | token_decoder.py (autoregressive) | l1_decoder.py
        -> chunk (T, 7)

``model.py`` puts them together, ``weights.py`` keeps them in a safetensors file that names its own architecture and hash, ``agents/conf/agent/st4vla-*.yaml`` are the configurations: every part is swapped by an override, such as
``agent.policy.prompt.mode=wrong`` or ``agent.policy.decoder.steps=1``. Anything with the interface of :class:`agents.vla.reasoning.Reasoner` can stand in for the reasoner.
Training lives in :mod:`agents.training`.
"""
