"""The Kubernetes API from a client's side: kubeconfig, manifests, REST, apply, wait, tables.

The same on any cluster. A small REST client serves the lab itself, as the official `kubernetes`
package takes two seconds to load; `official.client` gives that one to notebooks. Nothing in here
reads $KUBECONFIG or ~/.kube/config: whom to talk to is always given.
"""
