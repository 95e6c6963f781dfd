"""What people look at: the page, and what Grafana shows."""
