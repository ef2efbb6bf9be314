-- Every request of a bucket: it is counted, and then waits. `started` is counted before the pause and `finished` after
-- the last byte, so that equal numbers mean that all counts are complete.
local shared = ngx.shared.bench
local of = ngx.var.counted .. " "
shared:incr(of .. "started", 1, 0)
local pause = shared:get("pause ms") or 0
if pause > 0 then
  ngx.sleep(pause / 1000)
end
