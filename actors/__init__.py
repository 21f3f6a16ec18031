"""Who may change what, one at a time: one owner per live tournament, found by id, revived after a crash.

`keeper` is the owner's mailbox and commit, `host` its life, `local` and `ray_directory` find hosts. Ray
is imported in `ray_*.py` only. Callers see `handles`, `messages` and `replies`. A `Done` reply is durable;
`Refused` changed nothing; `Unavailable` may have happened, so repeat it with the same command id.
"""
