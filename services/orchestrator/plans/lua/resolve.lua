#!lua keys=resolution:,runs,runs:n:
-- Stores a person's answer about a step in doubt: one answer each time the step is in doubt.
-- With the last missing answer the plan goes on: its run is due, under a number that no call had.
-- KEYS: resolution, runs, runs:n
-- ARGV: step, answer, in doubt since, seconds to keep, plan, now, then every step in doubt
local function answered(step)
  local text = redis.call('HGET', KEYS[1], step)
  return text and cjson.decode(text).in_doubt_since == tonumber(ARGV[3])
end
if answered(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[4])
for i = 7, #ARGV do
  if not answered(ARGV[i]) then return 1 end
end
redis.call('INCR', KEYS[3])
redis.call('EXPIRE', KEYS[3], ARGV[4])
redis.call('ZADD', KEYS[2], ARGV[6], ARGV[5])
return 1
