-- Takes a task for one worker, under a lease and a fencing token. KEYS: task, open.
-- ARGV: call_id, worker, lease_ms, max_attempts
local state = redis.call('HGET', KEYS[1], 'state')
if not state then return {'gone', 0} end
if state == 'done' then return {'done', 0} end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if state == 'running' and tonumber(redis.call('HGET', KEYS[1], 'lease_until')) > now then
  return {'busy', 0}
end
local fence = redis.call('HINCRBY', KEYS[1], 'fence', 1)
local attempts = redis.call('HINCRBY', KEYS[1], 'attempts', 1)
redis.call('HSET', KEYS[1], 'state', 'running', 'worker', ARGV[2], 'lease_until', now + ARGV[3])
redis.call('ZADD', KEYS[2], now + ARGV[3], ARGV[1])
if attempts > tonumber(ARGV[4]) then return {'poison', fence} end
if redis.call('HEXISTS', KEYS[1], 'cancelled') == 1 then return {'cancelled', fence} end
if tonumber(redis.call('HGET', KEYS[1], 'deadline')) < now then return {'expired', fence} end
return {'claimed', fence}
