#!lua keys=reply: flags=allow-oom
-- Takes replies off an agent's stream, the oldest first, with the answers they name.
-- KEYS: stream. ARGV: most replies, most bytes of the stream, most bytes of an answer, the reply that was heard already
-- Returns {0, {call id, answer} of each}; or {bytes, {}} of a stream that is larger than workers make it, and that is
-- removed unread. An answer is as `tasks_answer` gives it: nothing where there is none, or where all of them together
-- would be larger than the stream may be. Of a reply that asks for a split it is {2, split} (`shared/tasks/parts.py`).
local bytes = redis.call('MEMORY', 'USAGE', KEYS[1], 'SAMPLES', 0)
if not bytes then return {0, {}} end
local most = tonumber(ARGV[2])
if bytes > most then
  redis.call('DEL', KEYS[1])
  return {bytes, {}}
end
local replies = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', ARGV[1])
if #replies < tonumber(ARGV[1]) then
  -- An empty stream keeps its newest id; without it, an id at the end of all numbers would let no reply follow.
  redis.call('DEL', KEYS[1])
else
  for _, reply in ipairs(replies) do redis.call('XDEL', KEYS[1], reply[1]) end
  if redis.call('XLEN', KEYS[1]) == 0 then redis.call('DEL', KEYS[1]) end
end
local record = 'task:' .. string.match(KEYS[1], '^reply:([^:]*)') .. ':'
local taken, room = {}, most
for _, reply in ipairs(replies) do
  local call_id, answer = reply[2][2], false
  local asks = reply[2][3] == 'split'
  local field = asks and 'split' or 'result'
  -- Whatever a worker has made of a record must not keep the other replies from being heard.
  local size = redis.pcall('HSTRLEN', record .. call_id, field)
  if type(size) == 'number' and size > tonumber(ARGV[3]) then
    answer = not asks and {0, size}
  elseif type(size) == 'number' and size > 0 and size <= room then
    answer = {asks and 2 or 1, redis.pcall('HGET', record .. call_id, field)}
    room = room - size
  end
  if reply[1] ~= ARGV[4] then taken[#taken + 1] = {call_id, answer} end
end
return {0, taken}
