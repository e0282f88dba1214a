"""The node: runs the pods bound to it as local processes, and forwards Service addresses to them.

A kubelet (`agent`, `pod`, `container`), a container runtime (`images`, `process`, `logs`,
`volumes`), a scheduler with one node to choose from, and a user-space kube-proxy (`proxy`,
`relay`). The node talks to the API through `minicluster.reconcile` and knows no controller.
"""
