"""What people define of numbers: metrics of their own, reference values, annotations and dashboards."""
