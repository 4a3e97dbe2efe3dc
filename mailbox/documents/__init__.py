"""Documents of messages: what the quarantine found, sealed; patients, chips and words that come of it.

`kinds`, `ins`, `words`, `versions`, `pairs` are pure; `facts` are the sealed values; `queue` and `worker` examine what is due.
"""
