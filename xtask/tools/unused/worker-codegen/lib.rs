//! Stands in for a dependency that only the second program of the `worker-build` package calls, which isn't built here.
