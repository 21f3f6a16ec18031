// Fastify, pg and ioredis: the same as plain_fastapi.py. `node plain_fastify.js <postgres socket folder> <redis> <port>`
const fastify = require('fastify')
const { Pool } = require('pg')
const Redis = require('ioredis')

const [host, redisUrl, port] = process.argv.slice(2)
const pool = new Pool({ host, user: 'postgres', database: 'postgres', max: 16 })
// Commands of one turn of the loop go as one pipeline.
const redis = new Redis(redisUrl, { enableAutoPipelining: true })
const app = fastify({ logger: false })
const BOARD = 'board'

const ONE = {
  name: 'one',
  text: 'INSERT INTO facts (event_id, player, points) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING 1'
}
const MANY = {
  name: 'many',
  text: `INSERT INTO facts (event_id, player, points) SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])
         ON CONFLICT DO NOTHING RETURNING player, points`
}
const SALE = {
  name: 'sale',
  text: `WITH claimed AS (INSERT INTO answers (key, body) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING 1),
         seat AS (UPDATE tournaments SET sold = sold + 1, pool_minor = pool_minor + $6 WHERE id = 'plain'
         AND sold < capacity AND EXISTS (SELECT 1 FROM claimed) RETURNING 1),
         paid AS (INSERT INTO payments SELECT $5, $3, $6 FROM seat)
         INSERT INTO entries (user_id, player_id) SELECT $3, $4 FROM seat RETURNING player_id`
}
const text = { type: 'string' }
const whole = { type: 'integer' }
const factBody = {
  type: 'object',
  required: ['event_id', 'player', 'points'],
  properties: { event_id: text, player: text, points: whole }
}
const factAnswer = { type: 'object', properties: { eventId: text, status: text } }
const row = { type: 'object', properties: { position: whole, player: text, displayName: text, points: whole } }

app.post('/facts', { schema: { body: factBody, response: { 200: factAnswer } } }, async ({ body }) => {
  const stored = await pool.query({ ...ONE, values: [body.event_id, body.player, body.points] })
  if (stored.rowCount) await redis.zincrby(BOARD, body.points, body.player)
  return { eventId: body.event_id, status: stored.rowCount ? 'accepted' : 'duplicate' }
})

const manyBody = { type: 'object', required: ['events'], properties: { events: { type: 'array', items: factBody } } }
app.post('/facts/many', { schema: { body: manyBody } }, async ({ body }) => {
  const columns = [body.events.map(one => one.event_id), body.events.map(one => one.player), body.events.map(one => one.points)]
  const { rows } = await pool.query({ ...MANY, values: columns })
  await Promise.all(rows.map(fresh => redis.zincrby(BOARD, fresh.points, fresh.player)))
  return { accepted: rows.length }
})

app.get('/rank', { schema: { response: { 200: row } } }, async ({ query: { player } }) => {
  const [at, points, name] = await Promise.all([
    redis.zrevrank(BOARD, player), redis.zscore(BOARD, player), redis.hget('names', player)])
  return { position: at + 1, player, displayName: name, points: Number(points) }
})

const topAnswer = { type: 'object', properties: { leaderboard: { type: 'array', items: row } } }
app.get('/top', { schema: { response: { 200: topAnswer } } }, async () => {
  const found = await redis.zrevrange(BOARD, 0, 49, 'WITHSCORES')
  const players = found.filter((_, n) => n % 2 === 0)
  const names = await redis.hmget('names', players)
  return {
    leaderboard: players.map((player, n) => ({
      position: n + 1, player, displayName: names[n], points: Number(found[2 * n + 1])
    }))
  }
})

const saleBody = {
  type: 'object',
  required: ['userId', 'playerId', 'paymentId', 'amountMinor'],
  properties: { userId: text, playerId: text, paymentId: text, amountMinor: whole }
}
app.post('/players', { schema: { body: saleBody } }, async ({ body, headers }, reply) => {
  const answer = { playerId: body.playerId, status: 'registered' }
  const values = [
    headers['idempotency-key'], JSON.stringify(answer), body.userId, body.playerId, body.paymentId, body.amountMinor]
  const { rowCount } = await pool.query({ ...SALE, values })
  if (!rowCount) return reply.code(409).send({ error: 'conflict' })
  await redis.zadd(BOARD, 0, body.userId)
  return reply.code(201).send(answer)
})

app.listen({ host: '127.0.0.1', port: Number(port) })
