"""The lab's own pull agent, compatible with Config Sync's root reconciler."""
