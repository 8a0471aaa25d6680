-- Pushes the hint of every overdue task again. KEYS: open, queue.
-- ARGV: task key prefix, backoff_ms, max_backoff_ms, limit
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local pushed = {}
for _, call_id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[4])) do
  local key = ARGV[1] .. call_id
  local task = redis.call('HMGET', key, 'state', 'lease_until', 'hint', 'pushes')
  if not task[1] or task[1] == 'done' then
    redis.call('ZREM', KEYS[1], call_id)
  elseif task[1] == 'running' and tonumber(task[2]) > now then
    redis.call('ZADD', KEYS[1], task[2], call_id)
  else
    local pushes = redis.call('HINCRBY', key, 'pushes', 1)
    -- A delivery tag names one delivery; Celery keeps its unacknowledged messages by it.
    local tag = '"delivery_tag": "' .. call_id .. '.'
    local first, last = string.find(task[3], tag .. '0"', 1, true)
    local hint = task[3]
    if first then
      hint = string.sub(hint, 1, first - 1) .. tag .. pushes .. '"' .. string.sub(hint, last + 1)
    end
    -- Overdue goes first: workers take from the right.
    redis.call('RPUSH', KEYS[2], hint)
    local wait = math.min(ARGV[2] * 2 ^ (pushes - 1), ARGV[3])
    redis.call('ZADD', KEYS[1], now + wait, call_id)
    pushed[#pushed + 1] = call_id
  end
end
return pushed
