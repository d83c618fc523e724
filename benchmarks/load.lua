-- wrk asks the paths of a file in turn, and says what it saw as one line of JSON (benchmarks/load.py).
local paths = {}
for line in io.lines(os.getenv("PATHS")) do paths[#paths + 1] = line end
local number = 0

request = function()
    number = number % #paths + 1
    return wrk.format("GET", paths[number])
end

done = function(summary, latency)
    local failed = summary.errors
    io.write(string.format(
        '{"requests": %d, "us": %d, "bytes": %d, "p50": %d, "p95": %d, "errors": %d}\n',
        summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(95),
        failed.status + failed.connect + failed.read + failed.write + failed.timeout
    ))
end
