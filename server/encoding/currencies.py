"""How many decimal places a currency has."""

from iso4217 import Currency

# Not in ISO 4217, but played for. Declared here, never guessed.
_OTHER = {"BTC": 8, "ETH": 8, "USDT": 6, "USDC": 6, "PTS": 0}


def places_of(code: str) -> int | None:
    """Decimal places of a currency code in capitals, None when it is unknown."""
    if code in _OTHER:
        return _OTHER[code]
    try:
        return Currency(code).exponent
    except ValueError:
        return None
