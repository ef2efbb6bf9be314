-- After the last byte of an answer.
local shared = ngx.shared.bench
local of = ngx.var.counted .. " "
shared:incr(of .. "bytes", tonumber(ngx.var.bytes_sent), 0)
shared:incr(of .. "finished", 1, 0)
