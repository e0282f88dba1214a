"""The lab's computer's naming: a hosts file, zone files, DNS servers, and a resolver over them.

`zones` reads a folder of zone files and `zone_files` edits it; `answering` turns packets into
packets, as the zones' own server or as a caching resolver (`cache`), and `server` puts that on UDP
and TCP. `resolver` goes from name to address, by way of `query`. `lab_dns` holds it all together.
No query leaves the machine unless the user allows it. Import the module you need; the DNS ones
load `dnslib`, the hosts file and the resolver do not. How texts are edited is decided in `rules`.
"""
