"""The programs of the sample pods: one file each, standard library only, readable on its own.

They run inside pods, from ConfigMaps, on any cluster; so nothing here may import the lab, and
nothing in the lab imports them. The part under the line `the same in every sample app` is kept
equal in all three (a test says so).
"""
