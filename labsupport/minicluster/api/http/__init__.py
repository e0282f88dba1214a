"""The registry on the wire: Kubernetes' REST API as a plain ASGI application on uvicorn.

What lives here speaks HTTP (paths, bodies, streams, status codes) and nothing else: no rule of a
kind, no SQL. `app` takes a request apart and finds its handler; `server` puts it on a socket.
"""
