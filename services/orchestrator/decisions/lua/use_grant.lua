#!lua keys=grant:,grants:uses:,decision:,runs
-- Approves a plan by a standing grant, in one script, so that neither revoking nor another plan comes between.
-- KEYS: grant, uses, decision, runs
-- ARGV: the grant as it was verified, now, its end, steps, most uses, the decision, seconds to keep it, plan
if redis.call('GET', KEYS[1]) ~= ARGV[1] or tonumber(ARGV[2]) >= tonumber(ARGV[3]) then return 0 end
if (tonumber(redis.call('GET', KEYS[2])) or 0) + ARGV[4] > tonumber(ARGV[5]) then return 0 end
if not redis.call('SET', KEYS[3], ARGV[6], 'NX', 'EX', ARGV[7]) then return 0 end
redis.call('INCRBY', KEYS[2], ARGV[4])
redis.call('EXPIRE', KEYS[2], ARGV[7])
redis.call('ZADD', KEYS[4], ARGV[2], ARGV[8])
return 1
