-- A page of the benchmark's bucket, as S3's ListObjectsV2 gives it. The tiles are known by their number: the corpus says
-- how many there are and how long each is, their keys sort as their numbers do, and nginx makes an ETag of a file's time
-- and length in hexadecimal digits.
local arguments = ngx.req.get_uri_args()
local prefix = arguments["prefix"] or ""
local after = arguments["continuation-token"] or arguments["start-after"] or ""
local most = math.min(tonumber(arguments["max-keys"]) or 1000, 1000)
local files, written = ngx.var.files, tonumber(ngx.var.written)

local function content(name)
  local file = assert(io.open(files .. "/" .. name, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

local function key(number)
  return string.format("tiles/%03d/%06d.tif", math.floor(number / 1000), number)
end

-- The numbers of a prefix that names one folder, all numbers otherwise: what does not begin with the prefix is left out.
local count = tonumber(content("made"):match("%s(%d+)"))
local size = #content("first.tif")
local folder = tonumber(prefix:match("^tiles/(%d%d%d)/"))
local first = folder and folder * 1000 or 0
local last = math.min(count, folder and first + 1000 or count) - 1
local before = tonumber(after:match("^tiles/%d%d%d/(%d+)%.tif$"))
local number = math.max(first, before or 0)

local rows, shown = {}, nil
while number <= last and #rows < most do
  local name = key(number)
  if name > after and name:sub(1, #prefix) == prefix then
    shown = name
    rows[#rows + 1] = string.format(
      "<Contents><Key>%s</Key><LastModified>%s</LastModified><ETag>&quot;%x-%x&quot;</ETag><Size>%d</Size></Contents>",
      name, os.date("!%Y-%m-%dT%H:%M:%S.000Z", written + number), written + number, size, size)
  end
  number = number + 1
end
local more = number <= last
ngx.header.content_type = "application/xml"
ngx.print(
  '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
  "<KeyCount>", #rows, "</KeyCount><MaxKeys>", most, "</MaxKeys><IsTruncated>", tostring(more), "</IsTruncated>",
  more and ("<NextContinuationToken>" .. shown .. "</NextContinuationToken>") or "",
  table.concat(rows), "</ListBucketResult>")
