"""What Config Sync does to data: files become declarations, declarations and live objects become a plan."""
