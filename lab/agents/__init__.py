"""The agents that pull: what runs inside a workload cluster and asks Git."""
