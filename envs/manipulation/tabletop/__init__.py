"""The embedded default suite: tabletop manipulation with a Panda and things made in code; nothing is downloaded.

Ids are ``tabletop/<Task>-v0`` (``ids.py``), tasks and their words ``tasks.py`` and ``vocabulary.py``, reset options ``options.py``, step limits ``tasks.TASKS[name].max_steps``.

==========================  ==========================================================================
PutOn                       put a thing on a plate, a cloth, or (held out) a bowl
Stack                       stack a cube or can on a cube, or (held out) blocks
PutInBasket                 put a thing into a basket
Pick                        lift a thing and hold it up for five steps
MoveNear                    move a thing next to another
Open<Top|Middle|Bottom>..   pull a drawer of a cabinet open by its handle
Close<Top|Middle|Bottom>..  push a drawer shut
PutInDrawer                 put a thing into the top or middle drawer. SIMPLER's version starts with the
                            drawer closed; here it is open unless ``drawer_start`` is "closed"
==========================  ==========================================================================

Held out are: seeds from ``vocabulary.HELDOUT_SEED_START`` on, and the ``heldout`` colours, shapes and sentences of the vocabulary, each on its own or together (``options.SPLITS``).
The scripted expert is measured by ``python -m envs.manipulation.tabletop.expert_table``.
"""
