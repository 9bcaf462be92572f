-- Requests a second, the 95th percentile in ms, and how many answers were not 2xx or did not come.
done = function(summary, latency, requests)
  local errors = summary.errors
  local failures = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("%.0f %.2f %d\n", summary.requests / (summary.duration / 1e6), latency:percentile(95) / 1000, failures))
end
