#!lua keys=decision:,runs
-- Stores the one decision on a plan and makes the plan due to be followed, both or neither.
-- KEYS: decision, runs. ARGV: decision, seconds to keep it, plan, now
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'EX', ARGV[2]) then
  redis.call('ZADD', KEYS[2], ARGV[4], ARGV[3])
  return 1
end
return 0
