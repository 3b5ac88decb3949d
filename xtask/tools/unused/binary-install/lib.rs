//! Stands in for a dependency that `worker-build` declares and never calls.
