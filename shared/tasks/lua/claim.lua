#!lua keys=task:,open:
-- Takes a task for one delivery, under a lease and a fencing token. KEYS: task, open.
-- ARGV: call_id, holder, lease_ms, max_attempts, session_id
-- Whoever has claimed it gets the session's sealed credentials with it, as they are now; false where there are none.
local task = redis.call('HMGET', KEYS[1], 'state', 'holder', 'lease_until', 'fence', 'attempts', 'deadline', 'cancelled')
local state = task[1]
if not state then return {'gone', 0} end
if state == 'done' then return {'done', 0} end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- The same holder asks again where the answer got lost; that is no further attempt.
local again = state == 'running' and task[2] == ARGV[2]
if state == 'running' and not again and tonumber(task[3]) > now then return {'busy', 0} end
local fence, attempts = tonumber(task[4]), tonumber(task[5])
if not again then fence, attempts = fence + 1, attempts + 1 end
redis.call('HSET', KEYS[1], 'state', 'running', 'holder', ARGV[2], 'fence', fence, 'attempts', attempts,
  'lease_until', now + ARGV[3])
redis.call('ZADD', KEYS[2], now + ARGV[3], ARGV[1])
if attempts > tonumber(ARGV[4]) then return {'poison', fence} end
if task[7] then return {'cancelled', fence} end
if tonumber(task[6]) < now then return {'expired', fence} end
-- What cannot be read the worker asks for itself, and answers with what is wrong with it.
local sealed = redis.pcall('GET', 'vault:' .. string.sub(KEYS[2], 6) .. ':' .. ARGV[5])
return {'claimed', fence, type(sealed) == 'string' and sealed}
