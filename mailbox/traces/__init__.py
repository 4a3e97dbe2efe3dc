"""Technical traces: what was said over SMTP, by whom, how decided; kept TRACE_DAYS (trust-space §10). Never content."""
