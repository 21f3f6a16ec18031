"""Crash: a multiplier climbs until it crashes; who cashes out before wins."""

from pitboss_games.crash_classic.game import CrashClassic

__all__ = ["CrashClassic"]
