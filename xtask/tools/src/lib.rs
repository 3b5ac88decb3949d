//! Empty on purpose: this package exists for its Cargo.lock. `cargo xtask` builds the tools that it depends on
//! with `cargo build --locked -p worker-build -p wasm-bindgen-cli`.
