"""Is the service well? Probes through the whole path, incidents, our certificate and lists, and what is counted for /metrics."""
