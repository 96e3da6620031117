"""What can be looked at: objects, commits, trails, credentials and log-ins, each true or not at a moment."""
