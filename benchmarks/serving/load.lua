-- Requests for wrk: one text each, in turn, from the file that TEXTS names (JSON lines with `text`).
local bodies = {}
for line in io.lines(os.getenv("TEXTS")) do
    bodies[#bodies + 1] = line
end
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
local next = 0
function request()
    next = next % #bodies + 1
    return wrk.format(nil, "/predict", nil, bodies[next])
end

-- One line of JSON at the end; times in milliseconds.
function done(summary, latency, requests)
    local errors = summary.errors
    io.write(string.format(
        '{"requests":%d,"seconds":%.3f,"p50_ms":%.3f,"p99_ms":%.3f,"not_200":%d,"lost":%d}\n',
        summary.requests, summary.duration / 1e6,
        latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
        errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
