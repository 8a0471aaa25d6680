#!lua keys=task:,open:
-- Takes a task for one delivery, under a lease and a fencing token. KEYS: task, open.
-- ARGV: call_id, holder, lease_ms, max_attempts
local state = redis.call('HGET', KEYS[1], 'state')
if not state then return {'gone', 0} end
if state == 'done' then return {'done', 0} end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local task = redis.call('HMGET', KEYS[1], 'holder', 'lease_until', 'fence', 'attempts', 'deadline', 'cancelled')
-- The same holder asks again where the answer got lost; that is no further attempt.
local again = state == 'running' and task[1] == ARGV[2]
if state == 'running' and not again and tonumber(task[2]) > now then return {'busy', 0} end
local fence, attempts = tonumber(task[3]), tonumber(task[4])
if not again then fence, attempts = fence + 1, attempts + 1 end
redis.call('HSET', KEYS[1], 'state', 'running', 'holder', ARGV[2], 'fence', fence, 'attempts', attempts,
  'lease_until', now + ARGV[3])
redis.call('ZADD', KEYS[2], now + ARGV[3], ARGV[1])
if attempts > tonumber(ARGV[4]) then return {'poison', fence} end
if task[6] then return {'cancelled', fence} end
if tonumber(task[5]) < now then return {'expired', fence} end
return {'claimed', fence}
