-- One line in each request: wrk -t1 -c64 -d10 -s perf/wrk/one_line.lua 'http://127.0.0.1:8086/write?db=bench'
-- Every request is a new point of one of 4,000 series.
local request_number = 0
wrk.headers["Content-Type"] = "text/plain"

function request()
    local series = request_number % 4000
    local second = (request_number - series) / 4000
    request_number = request_number + 1
    local body = string.format("room,sensor=s%d celsius=%d.%02d %d%s", series, 18 + request_number % 7,
        request_number % 100, 1451606400 + second * 10, "000000000")
    return wrk.format("POST", nil, wrk.headers, body)
end
