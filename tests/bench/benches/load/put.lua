-- Each thread has one connection and one row, which it writes again and again. Where an answer has a tag, the next
-- request requires it.

local threads = 0

function setup(thread)
   thread:set("number", threads)
   threads = threads + 1
end

function init(arguments)
   local id = arguments[1] .. "-" .. number
   path = "/values/" .. id
   before, after = arguments[2]:gsub("ID", id, 1):match('^(.*"quantity":)%d+(.*)$')
   quantity = 0
end

function request()
   -- A write that changes nothing would not be one.
   quantity = quantity + 1
   local headers = { ["Content-Type"] = "application/json", ["If-Match"] = tag }
   return wrk.format("PUT", path, headers, before .. quantity .. after)
end

function response(status, headers, body)
   tag = headers["etag"]
end
