"""Life where no kubelet runs: workloads, pods, claims and nodes reach believable states, marked as simulated."""
