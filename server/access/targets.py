"""Which addresses of operators' systems are called: those of the internet at large."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from yarl import URL

# Addresses that carry an IPv4 address inside.
_NAT64 = ip_network("64:ff9b::/96")
# What Python 3.11 takes for global and is not: local NAT64, site-local, IPv4-compatible, documentation, and
# the address at which machines of one cloud reach their host.
_INSIDE = tuple(map(ip_network, ("64:ff9b:1::/48", "fec0::/10", "::/96", "3fff::/20", "168.63.129.16/32")))


def is_public(address: str) -> bool:
    """Whether an address belongs to the internet at large: not to a machine, not to a private network."""
    try:
        found: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo or (None, None))[1]
        if inner is None and found in _NAT64:
            inner = IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    inside = any(found.version == network.version and found in network for network in _INSIDE)
    return found.is_global and not found.is_multicast and not inside


def private_literal(url: str) -> str | None:
    """The host of a URL when it is written as an address, or as `localhost`, and is not public. aiohttp takes
    any digits for an address, and the system then reads 2130706433 as 127.0.0.1. Raises `ValueError`."""
    host = URL(url).host or ""
    literal = ":" in host or host.replace(".", "").isdigit() or host.lower().rstrip(".") == "localhost"
    return host if literal and not is_public(host) else None
