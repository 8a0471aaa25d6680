#!lua keys=decision:,runs
-- Decides a plan as replaced and makes it due to be followed, as its edited form is at its expiry: all, or nothing.
-- The edited form can be decided from then on, since the decision names it.
-- KEYS: decision, runs
-- ARGV: decision, seconds to keep it, plan, now, when the plan expires, its edited form, when that one expires
if tonumber(ARGV[4]) >= tonumber(ARGV[5]) then return 0 end
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'EX', ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[2], ARGV[4], ARGV[3])
redis.call('ZADD', KEYS[2], 'NX', ARGV[7], ARGV[6])
return 1
