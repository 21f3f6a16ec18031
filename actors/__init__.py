"""Who may change what, one at a time: one owner per live tournament, found by id, revived after a crash.

`owner/` is the owner: its mailbox and commit (`owner`), its life (`activation`), what it decides (`execute`).
`on_ray/` runs owners as Ray actors; `local_directory` runs them in this process. Callers see `directory`,
`requests` and `replies`. A `Done` reply is durable; `Refused` changed nothing; `Unavailable` may have
happened, so repeat it with the same command id.
"""
