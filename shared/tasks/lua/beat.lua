#!lua keys=workers: flags=allow-oom
-- Says that a worker is alive, also in a full Redis. KEYS: workers. ARGV: worker, now, good until (Unix seconds)
-- Returns how many workers are, of a hundred at most: a member begins with its worker's name.
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[2])
redis.call('EXPIRE', KEYS[1], 60)
local known, count = {}, 0
for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '+inf', 'LIMIT', 0, 100)) do
  local worker = string.match(member, '^[^ ]*')
  if not known[worker] then
    known[worker] = true
    count = count + 1
  end
end
return count
