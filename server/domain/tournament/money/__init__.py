"""Money: entries sold and taken back, the pool, prizes, payouts, reviews, and the ledger of it all."""
