"""What turns PackageVariants into commits: ours, and the real one."""
