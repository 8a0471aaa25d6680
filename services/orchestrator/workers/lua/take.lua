#!lua keys=reply: flags=allow-oom
-- Takes replies off an agent's stream, the oldest first. KEYS: stream. ARGV: most replies, most bytes of the stream
-- Returns {0, call ids}; or {bytes, {}} of a stream that is larger than workers make it, and that is removed unread.
local bytes = redis.call('MEMORY', 'USAGE', KEYS[1], 'SAMPLES', 0)
if not bytes then return {0, {}} end
if bytes > tonumber(ARGV[2]) then
  redis.call('DEL', KEYS[1])
  return {bytes, {}}
end
local call_ids = {}
for _, reply in ipairs(redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', ARGV[1])) do
  redis.call('XDEL', KEYS[1], reply[1])
  call_ids[#call_ids + 1] = reply[2][2]
end
-- An empty stream keeps its newest id; without it, an id at the end of all numbers would let no reply follow.
if redis.call('XLEN', KEYS[1]) == 0 then redis.call('DEL', KEYS[1]) end
return {0, call_ids}
