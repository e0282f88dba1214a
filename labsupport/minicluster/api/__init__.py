"""The API server: what a write must pass, what a read returns, and how both look over HTTP.

`registry` is the API without HTTP, used by the controllers and the node; `http` puts it on the
wire. Reads and writes go to `store`; the rules for what is valid live in `labsupport.rules`.
"""
