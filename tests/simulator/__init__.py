"""The house on manual time, with crashes and faults that a seed decides: every run can be repeated to the
byte.

Real are the owners, the directory, the workers, the courier and the stores' twin; ours are time, luck, the
network between them, and the people who use it. `python -m tests.simulator --seeds 1000`.
"""
