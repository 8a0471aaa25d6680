#!lua keys=task:,open: flags=allow-oom
-- Prolongs a lease its holder still has. KEYS: task, open. ARGV: call_id, fence, lease_ms
if redis.call('HGET', KEYS[1], 'fence') ~= ARGV[2] or redis.call('HGET', KEYS[1], 'state') ~= 'running' then
  return 0
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[1], 'lease_until', now + ARGV[3])
redis.call('ZADD', KEYS[2], now + ARGV[3], ARGV[1])
-- A task that outlives its deadline under a live lease keeps its record.
if redis.call('PTTL', KEYS[1]) < ARGV[3] * 4 then redis.call('PEXPIRE', KEYS[1], ARGV[3] * 4) end
return 1
