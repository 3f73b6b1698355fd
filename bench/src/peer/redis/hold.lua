-- A hold, exactly once. KEYS: the account, the idempotency key. ARGV: transaction, action asked
-- for, amount in minor units. Answers "done ACTION AVAILABLE" or "refused ACTION AVAILABLE".
--
-- account         hash: posted, held, overdraft, in minor units
-- idempotency key string: what was asked, a line feed, the answer
-- holds:ACCOUNT   hash: action to amount
-- journal         list of texts
local asked = table.concat({KEYS[1], ARGV[1], ARGV[2], ARGV[3]}, ' ')
local first = redis.call('GET', KEYS[2])
if first then
  local line = string.find(first, '\n', 1, true)
  if string.sub(first, 1, line - 1) ~= asked then
    return redis.error_reply('IDEMPOTENCY_KEY_REUSED')
  end
  return string.sub(first, line + 1)
end
local account = redis.call('HMGET', KEYS[1], 'posted', 'held', 'overdraft')
if not account[1] then
  return redis.error_reply('ACCOUNT_NOT_FOUND')
end
local amount = tonumber(ARGV[3])
local available = tonumber(account[1]) - tonumber(account[2])
local action = redis.call('INCR', 'actions')
local outcome = 'refused'
if available + tonumber(account[3]) >= amount then
  outcome = 'done'
  available = available - amount
  redis.call('HINCRBY', KEYS[1], 'held', amount)
  redis.call('HSET', 'holds:' .. KEYS[1], action, amount)
end
local answer = string.format('%s %d %d', outcome, action, available)
redis.call('SET', KEYS[2], asked .. '\n' .. answer)
redis.call('RPUSH', 'journal', KEYS[2] .. ' ' .. asked .. ' ' .. answer)
return answer
