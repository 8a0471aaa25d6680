#!lua keys=task: flags=allow-oom
-- Marks a task that nobody waits for. KEYS: task
local state = redis.call('HGET', KEYS[1], 'state')
if state and state ~= 'done' then
  redis.call('HSET', KEYS[1], 'cancelled', 1)
  return 1
end
return 0
