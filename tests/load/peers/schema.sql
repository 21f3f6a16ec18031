-- What both plain servers store. One row a fact, one an entry; the counters of a tournament are one row.
CREATE TABLE facts (event_id text PRIMARY KEY, player text NOT NULL, points bigint NOT NULL,
                    at timestamptz NOT NULL DEFAULT now());
CREATE TABLE tournaments (id text PRIMARY KEY, capacity int NOT NULL, sold int NOT NULL DEFAULT 0,
                          pool_minor bigint NOT NULL DEFAULT 0);
CREATE TABLE payments (payment_id text PRIMARY KEY, user_id text NOT NULL, amount_minor bigint NOT NULL);
CREATE TABLE entries (user_id text PRIMARY KEY, player_id text NOT NULL,
                      at timestamptz NOT NULL DEFAULT now());
CREATE TABLE answers (key text PRIMARY KEY, body text NOT NULL);
INSERT INTO tournaments (id, capacity) VALUES ('plain', 1000000);
