"""The tournament aggregate. `decide` refuses or returns events, `apply` is all that changes state.

`rules` what was sold, `state` what is, `commands`/`events` the two vocabularies, `facts` the hot path of
scores, `prizes` and `refunds` the money at the end, `summary` what outsiders may see.
"""
