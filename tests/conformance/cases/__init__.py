"""The conformance cases: requests whose replies a real kube-apiserver has recorded."""
