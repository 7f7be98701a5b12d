"""Scripts that prepare what the package ships."""
