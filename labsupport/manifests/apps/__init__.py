"""The programs of the sample pods: one file each, standard library only, readable on its own.

They run inside pods, from ConfigMaps, on any cluster; so nothing here may import the lab, and
nothing in the lab imports them. The part under the line `the same in every sample app` is kept
equal in all that have it (a test says so).

`ingress_controller` is the exception: it is the lab's own controller, `kubernetes_api` its client,
and the rule engine comes into its pod as a zip file (see `labsupport.manifests.archive`).
"""
