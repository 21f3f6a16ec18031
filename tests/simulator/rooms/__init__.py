"""Evenings in a room on virtual time: owners and front ends die, clocks are skewed, deliveries are late, lost
and doubled; and an independent recount of every credit from the journal.
"""
