"""The pure rules: what Kubernetes and the lab decide, and why.

Ingress matching with reasons, validation and defaulting as the API server does them, access
rules, hosts text, the flow graph of a request. Data in, data out: no files, sockets, processes,
clocks or threads here, so that every rule can be tested by property and used by any layer above.
"""
