-- Asks for one VIN after another; reports as bench/catalog/report.lua does.
local vins = {}
for line in io.lines(os.getenv("VIN_FILE")) do vins[#vins + 1] = "/vehicles/vindecode/" .. line end
local next = 0
request = function()
  next = next % #vins + 1
  return wrk.format("GET", vins[next])
end
done = function(summary, latency, requests)
  local errors = summary.errors
  local failures = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("%.0f %.2f %d\n", summary.requests / (summary.duration / 1e6), latency:percentile(95) / 1000, failures))
end
