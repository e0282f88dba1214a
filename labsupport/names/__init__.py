"""The lab's computer's naming: a hosts file, zone files, a DNS server, and a resolver over both.

Never the system's own: /etc/hosts is not touched, and no query leaves the machine. Import the
module you need; the DNS ones load `dnslib`, the hosts file does not.
"""
