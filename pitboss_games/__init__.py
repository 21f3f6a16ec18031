"""What a studio imports to write a game for Pitboss: the class, what moves take, and stories to test it
with."""

from pitboss_games.story import Story
from server.domain.rooms.arguments import Hundredths, Maybe, Refused
from server.domain.rooms.desk import Desk
from server.domain.rooms.game import Game, Setting, takes

__all__ = ["Desk", "Game", "Hundredths", "Maybe", "Refused", "Setting", "Story", "takes"]
