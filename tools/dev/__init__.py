"""What `./dev` does: makes the environments, builds the web faces, runs the checks. Standard library only."""
