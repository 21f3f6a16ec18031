"""The chain, the salt and the crash point: published vectors, and how points are distributed."""

from hashlib import sha256
from itertools import pairwise
from math import sqrt
from pathlib import Path

import pytest

from pitboss_games.crash_classic.climb import HIGHEST, climb, reached_at_ms
from server.domain.rooms import fairness
from tests.rooms.grinding import reached

# bustabit games from 12,424,169 downwards (bustabit/verifier, src/constants.ts): hash and point in hundredths.
SALT = "00000000000000000001e08b7fd44f95e3e950ac65650a8031a6d5e1750e34be"
VECTORS = (
    ("4488d92d89d0ed7fbb2ea23b219d569f63207e32fc44b957858838835c1719f1", 146),
    ("1f497e8ba3a58b87976a9207a4596c2e00c11494237127f22d0f57785fcadd23", 556),
    ("9d3bc0c5b47166a06311743240ab79fabf8da8acedc810787ca904c2cdb491f8", 471),
    ("70857ecd59a239f3589824a993a37c3141bcfec87686a06e65b3c59acf92cf30", 4146),
    ("edabb8310216cfa6a1b2907fa7593a7ac6607cc5c1d4f865bfc34016718da1d9", 188),
    ("8d979188df27e1ac5d356e7616265e260a4b5a2e94239e921aac10a5ec080a21", 920),
    ("40a8b57ce76f70a1a941a3508dc61d200a837bcf5d0589b2a23d172bc3714298", 116),
    ("c2afa1058b4635c47cff25bc786490f7474b11cf605ce1afdc44d2c2d0406b32", 155),
    ("fca482ef66e40c70662fd002c99c5bb50ea21637484874e01f897ee8e4af130e", 1410),
    ("f6966d8a5541bcadf0a5066f77fc70d42d0924fc636548a8ee3a81a5352e0605", 109),
)
COMMITMENT = "567a98370fb7545137ddb53687723cf0b8a1f5e93b1f76f4a1da29416930fa59"
BELOW = 2_424_169


@pytest.mark.parametrize(("link", "point"), VECTORS)
def test_a_link_gives_its_point(link: str, point: int) -> None:
    drawn = fairness.draw(SALT, bytes.fromhex(link))
    assert fairness.crash_point(drawn, 1) == point


def test_each_link_is_the_hash_of_the_one_that_flies_after_it() -> None:
    links = [bytes.fromhex(link) for link, _ in VECTORS]
    assert [sha256(link).digest() for link in links[:-1]] == links[1:]


def test_the_links_lead_to_the_published_commitment() -> None:
    first, commitment = bytes.fromhex(VECTORS[0][0]), bytes.fromhex(COMMITMENT)
    assert fairness.leads_to(first, BELOW, commitment)
    assert not fairness.leads_to(first, BELOW - 1, commitment)


def test_points_are_distributed_as_they_are_told_to_be() -> None:
    """P(point >= m) is 99 / m for m above 100 hundredths at an edge of 1 %; within five standard
    deviations."""
    links = 100_000
    chain = fairness.chain_of(bytes(32), links)[1:]
    points = [fairness.crash_point(fairness.draw(SALT, link), 1) for link in chain]
    for multiplier in (101, 110, 150, 200, 300, 500, 1_000, 5_000, 10_000):
        expected = 99 / multiplier
        seen = sum(point >= multiplier for point in points) / links
        assert abs(seen - expected) < 5 * sqrt(expected * (1 - expected) / links), multiplier
    assert min(points) == 100


def broken(links: list[tuple[int, bytes]], commitment: bytes) -> list[int]:
    """The flights whose link does not lead to the one before it."""
    pairs = pairwise([(0, commitment), *links])
    return [
        flight
        for (before, known), (flight, link) in pairs
        if not fairness.leads_to(link, flight - before, known)
    ]


def test_a_chain_ends_in_its_seed_and_begins_with_its_commitment() -> None:
    chain = fairness.chain_of(b"x" * 32, 20)
    assert len(chain) == 21 and chain[-1] == b"x" * 32
    assert all(fairness.leads_to(link, flight, chain[0]) for flight, link in enumerate(chain))
    told = [(flight, chain[flight]) for flight in (1, 2, 5, 9)]
    assert broken(told, chain[0]) == []
    told[2] = (5, bytes(32))
    assert broken(told, chain[0])[0] == 5
    assert fairness.links_below(9, chain[9], 2, 3) == [(7, chain[7]), (6, chain[6]), (5, chain[5])]
    assert fairness.links_below(2, chain[2], 0, 50) == [(2, chain[2]), (1, chain[1])]


def test_the_salt_follows_from_commitment_and_entrants() -> None:
    entrants = fairness.entrants_digest(["TP_a_1", "TP_a_2"])
    assert entrants == sha256(b"TP_a_1\nTP_a_2").digest()
    assert fairness.salt_of(b"c" * 32, entrants) == sha256(b"c" * 32 + entrants).hexdigest()
    assert fairness.salt_of(b"c" * 32, entrants, b"beacon") != fairness.salt_of(b"c" * 32, entrants)


# floor(100 * e^(0.00006 * ms)): what every client must compute, too.
GOLDEN = (
    (0, 100), (1, 100), (165, 100), (166, 101), (1_000, 106), (5_000, 134), (10_000, 182), (11_552, 199),
    (11_553, 200), (20_000, 332), (38_376, 999), (38_377, 1_000), (60_000, 3_659), (76_752, 9_999),
    (76_753, 10_000), (115_129, 99_998), (115_130, 100_000), (200_000, 100_000),
)  # fmt: skip


@pytest.mark.parametrize(("ms", "hundredths"), GOLDEN)
def test_the_climb(ms: int, hundredths: int) -> None:
    assert climb(ms) == hundredths


def test_the_climb_and_its_inverse_agree() -> None:
    for hundredths in (*range(100, 2_000), *range(2_000, HIGHEST, 977), HIGHEST):
        at_ms = reached_at_ms(hundredths)
        assert climb(at_ms) >= hundredths and (at_ms == 0 or climb(at_ms - 1) < hundredths)


def test_what_the_docs_say_of_choosing_a_salt_is_so() -> None:
    text = (Path(__file__).parents[2] / "docs" / "rooms.md").read_text()
    for tries in (1, 10, 100):
        ends = [end for way in ("house", "beacon", "anew") for end in reached(tries, way)]
        assert f"| {tries:,} | " + " | ".join(f"{end:.1f}" for end in ends) + " |" in text
