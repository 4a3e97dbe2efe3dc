"""Hostile files are read here: a fresh process a job, without keys, network, files or a second thread (design §4.8).

`runner` starts it and believes nothing of what comes back; `inside/` is what runs there; `values` is what both speak.
"""
