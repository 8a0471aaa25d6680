#!lua keys=task:,open: flags=allow-oom
-- Gives a task back whose worker lost Redis in the middle: that is no attempt, and it may be done again at once.
-- KEYS: task, open. ARGV: call_id, fence
if redis.call('HGET', KEYS[1], 'fence') ~= ARGV[2] or redis.call('HGET', KEYS[1], 'state') ~= 'running' then
  return 0
end
redis.call('HSET', KEYS[1], 'state', 'open', 'lease_until', 0)
redis.call('HINCRBY', KEYS[1], 'attempts', -1)
redis.call('ZADD', KEYS[2], 0, ARGV[1])
return 1
