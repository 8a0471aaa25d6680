#!lua keys=open:,q:
-- Pushes the message (the field `hint`) of every overdue task again. KEYS: open, queue.
-- ARGV: backoff_ms, max_backoff_ms, forget_ms
-- At most 100 at once: nobody may keep Redis busy for longer by a large set or a large argument.
local prefix = 'task:' .. string.sub(KEYS[1], 6) .. ':'
-- A message is smaller than this; copies of larger ones would fill Redis past its limit, which is checked before.
local MOST_BYTES = 300 * 1024
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- As many messages as open tasks: the queue is long, none is lost, and more of them would only fill Redis.
local room = redis.call('ZCARD', KEYS[1]) - redis.call('LLEN', KEYS[2])
local pushed = {}
for _, call_id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 100)) do
  local key = prefix .. call_id
  local task = redis.call('HMGET', key, 'state', 'lease_until', 'hint', 'deadline')
  if not task[1] or task[1] == 'done' or not task[3] or #task[3] > MOST_BYTES then
    redis.call('ZREM', KEYS[1], call_id)
  elseif task[1] == 'running' and tonumber(task[2]) > now then
    redis.call('ZADD', KEYS[1], task[2], call_id)
  elseif task[1] == 'open' and tonumber(task[4]) + ARGV[3] < now then
    -- Never begun, and long since nobody waits: gone, so that the same call may be made anew.
    redis.call('DEL', key)
    redis.call('ZREM', KEYS[1], call_id)
  elseif task[1] == 'open' and room <= 0 then
    redis.call('ZADD', KEYS[1], now + ARGV[1], call_id)
  else
    -- Overdue goes first: workers take from the right.
    redis.call('RPUSH', KEYS[2], task[3])
    local pushes = redis.call('HINCRBY', key, 'pushes', 1)
    redis.call('ZADD', KEYS[1], now + math.min(ARGV[1] * 2 ^ (pushes - 1), ARGV[2]), call_id)
    room = room - 1
    pushed[#pushed + 1] = call_id
  end
end
return pushed
