-- GET: all counts as JSON. POST: counts from zero again, and with ?pause=MS another pause from now on.
local shared = ngx.shared.bench
if ngx.req.get_method() == "POST" then
  local pause = tonumber(ngx.var.arg_pause) or shared:get("pause ms") or 0
  shared:flush_all()
  shared:set("pause ms", pause)
end
local fields = {}
for _, key in ipairs(shared:get_keys(0)) do
  fields[#fields + 1] = string.format('"%s": %s', key, shared:get(key))
end
ngx.header.content_type = "application/json"
ngx.print("{" .. table.concat(fields, ", ") .. "}")
