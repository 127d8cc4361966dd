-- Whole batches: build/perf/generate --lines 500000 --batch 5000 --out /tmp/batches
--                BATCHES=/tmp/batches wrk -t1 -c2 -d10 -s perf/wrk/files.lua 'http://127.0.0.1:8086/write?db=bench'
-- The files are read before the clock starts and sent in their order, again and again.
local requests = {}
local next_request = 0

function init()
    local directory = os.getenv("BATCHES") or "batches"
    while true do
        local file = io.open(string.format("%s/%06d.lp", directory, #requests))
        if not file then break end
        requests[#requests + 1] = wrk.format("POST", nil, { ["Content-Type"] = "text/plain" },
            file:read("*a"))
        file:close()
    end
    if #requests == 0 then error("no batches in " .. directory) end
end

function request()
    next_request = next_request % #requests + 1
    return requests[next_request]
end
