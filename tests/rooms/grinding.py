"""What an operator who knows the chain can reach by choosing: `python -m tests.rooms.grinding`.

Without a beacon each list of entrants is another salt, so an operator with puppets may try as many lists as
they have subsets, in secret. With one a list is chosen before the beacon is known: the choice gains nothing.
What is left is to cancel after the start and begin anew, one try each, which is counted in public.
"""

from hashlib import sha256
from statistics import mean

from server.domain.rooms import fairness

FLIGHTS = 20
EXPERIMENTS = 40
TRIES = (1, 10, 100, 1_000)


def reach_two(chain: list[bytes], salt: str) -> int:
    """How many of the first flights reach 2.00x."""
    links = chain[1 : FLIGHTS + 1]
    return sum(fairness.crash_point(fairness.draw(salt, link), 1) >= 200 for link in links)


def chain_of(name: str) -> list[bytes]:
    """The chain of one experiment."""
    return fairness.chain_of(sha256(name.encode()).digest(), FLIGHTS)


def lists_of(tries: int, experiment: int) -> list[bytes]:
    """The digests of so many lists of entrants, which differ by a puppet."""
    puppets = [f"TP_puppet_{experiment}_{number}" for number in range(tries)]
    return [fairness.entrants_digest(["TP_1", "TP_2", puppet]) for puppet in puppets]


def chosen(tries: int, experiment: int, beacon: bytes = b"") -> tuple[int, int]:
    """The operator takes the list that looks worst, or best; so many flights then reach 2.00x. A beacon comes
    when the list is closed, so the choice is made without it."""
    chain = chain_of(f"chain {experiment}")
    looks = {
        digest: reach_two(chain, fairness.salt_of(chain[0], digest)) for digest in lists_of(tries, experiment)
    }
    ends = (choose(looks, key=looks.__getitem__) for choose in (min, max))
    low, high = (reach_two(chain, fairness.salt_of(chain[0], digest, beacon)) for digest in ends)
    return low, high


def begun_anew(tries: int, experiment: int) -> tuple[int, int]:
    """With a beacon: so many tournaments are started, and all but the one that pleases are cancelled."""
    found = []
    for number in range(tries):
        chain = chain_of(f"chain {experiment} {number}")
        beacon = sha256(f"beacon {experiment} {number}".encode()).digest()
        found.append(reach_two(chain, fairness.salt_of(chain[0], bytes(32), beacon)))
    return min(found), max(found)


def reached(tries: int, way: str) -> tuple[float, float]:
    """Means over experiments of the fewest and the most: `house` chooses lists without a beacon, `beacon` with
    one, `anew` cancels and begins anew."""
    pairs = []
    for experiment in range(EXPERIMENTS):
        beacon = sha256(f"beacon {experiment}".encode()).digest() if way == "beacon" else b""
        found = begun_anew(tries, experiment) if way == "anew" else chosen(tries, experiment, beacon)
        pairs.append(found)
    return mean(low for low, _ in pairs), mean(high for _, high in pairs)


if __name__ == "__main__":
    for tries in TRIES:
        ends = [end for way in ("house", "beacon", "anew") for end in reached(tries, way)]
        print(f"| {tries:,} | " + " | ".join(f"{end:.1f}" for end in ends) + " |")
